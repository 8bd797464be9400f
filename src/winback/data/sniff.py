"""Look at a table's columns and guess what they mean, to start a job file with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.connect import load, open_engine
from winback.data.expressions import Expression
from winback.data.raw import Raw, columns_of
from winback.data.tables import TRANSACTIONS
from winback.errors import DataError

_LOOK_AT = 10_000
_ENOUGH = 0.8

# how shops call things, the likeliest first; compared without case, spaces and punctuation
_NAMES = {
    "customer_id": """customerid customernumber customerno custid clientid userid memberid buyerid
        accountid shopperid openid unionid customer client user member buyer uid customeremail email
        客户id 客户编号 客户号 会员id 会员编号 会员号 会员卡号 用户id 用户编号 买家id
        顾客id 顾客编号 买家会员名 买家昵称 客户 会员 用户 买家 顾客 手机号""",
    "timestamp": """timestamp orderdate ordertime orderedat invoicedate purchasedate purchasetime
        purchasedat transactiondate transactiontime paymentdate paymenttime paidat createdat
        createtime datetime date time when 下单时间 下单日期 订单时间 订单日期 订单创建时间 付款时间
        订单付款时间 支付时间 成交时间 交易时间 交易日期 购买时间 购买日期 消费时间 消费日期
        创建时间 日期 时间""",
    "amount": """amount totalamount orderamount paymentamount salesamount netamount totalprice
        ordertotal grandtotal linetotal total ordervalue paymentvalue dollarvalue revenue sales
        spend value paid gmv 实付金额 实付款 支付金额 付款金额 买家实际支付金额 订单金额 成交金额
        交易金额 消费金额 销售额 总金额 总价 应付金额 金额 合计""",
    "order_id": """orderid orderno ordernumber invoiceid invoiceno invoicenumber invoice
        transactionid receiptno basketid order 订单号 订单编号 订单id 交易号 交易编号 流水号""",
    "channel": """channel saleschannel orderchannel platform store shop 渠道 销售渠道 订单渠道 平台
        店铺 店铺名称 门店""",
    "product_id": """productid productcode sku skuid stockcode itemid itemcode articleno product
        item 商品id 商品编号 商品编码 sku编码 货号 商品""",
    "category": """category productcategory categoryname department 类别 品类 商品类别 商品品类 类目
        分类""",
    "currency": "currency currencycode ccy 币种 货币",
    "available_at": "availableat loadedat ingestedat",
}
_QUANTITY = "quantity qty units pieces 数量 购买数量 商品数量 件数"
_PRICE = "unitprice price itemprice sellingprice 单价 商品单价 售价 价格"


@dataclass(frozen=True)
class Guess:
    """What one of our columns seems to be.

    Attributes
    ----------
    expression
        A column of the source, or a SQL expression over its columns.
    why
        Half a sentence.
    """

    expression: str
    why: str


@dataclass(frozen=True)
class Sniffed:
    """What a table seems to hold.

    Attributes
    ----------
    columns
        The source's columns and their types.
    guesses
        Our column: what it seems to be. A column that nothing points to is not there.
    filter
        A condition that leaves out rows without a customer, where there are any.
    rows
        Rows of the source.
    first_day, last_day
        The range of the guessed timestamps (UTC).
    notes
        What a person should look at.
    """

    columns: Mapping[str, str]
    guesses: Mapping[str, Guess]
    filter: str | None
    rows: int
    first_day: date | None
    last_day: date | None
    notes: tuple[str, ...]


def sniff(
    source: Any,
    *,
    table: str | None = None,
    query: str | None = None,
    engine: Backend | None = None,
) -> Sniffed:
    """Guess which of a source's columns is which of ours.

    Names are compared with what shops call these things, in English and Chinese; cells decide
    whether a column can be what its name says. Where there is no amount, a quantity times a price
    is one.

    Parameters
    ----------
    source, table, query, engine
        As for `winback.data.connect.read_source`.

    Returns
    -------
    Sniffed
        The guesses, each with its reason.

    Raises
    ------
    DataError
        The source cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = {"客户编号": ["a"], "下单时间": ["2024-03-01"], "数量": [2], "单价": [9.5]}
    >>> found = sniff(pd.DataFrame(lines))
    >>> {ours: guess.expression for ours, guess in found.guesses.items()}
    {'customer_id': '客户编号', 'timestamp': '下单时间', 'amount': '数量 * 单价'}
    >>> found.last_day
    datetime.date(2024, 3, 1)
    """
    engine = engine or open_engine()
    raw = load(engine, source, table=table, query=query)
    try:
        types = columns_of(engine, raw.name)
        del types["source_row"]
        guesses: dict[str, Guess] = {}
        for column in TRANSACTIONS.columns:
            taken = {guess.expression for guess in guesses.values()}
            name = _named(
                engine, raw, types, names=_NAMES[column.name], kind=column.kind, taken=taken
            )
            if name is not None:
                guesses[column.name] = Guess(name, _why(name, column.name))
            elif column.name == "amount":
                quantity = _named(engine, raw, types, names=_QUANTITY, kind="number", taken=taken)
                price = _named(engine, raw, types, names=_PRICE, kind="number", taken=taken)
                if quantity and price:
                    product = f"{sql.bare(engine, quantity)} * {sql.bare(engine, price)}"
                    guesses["amount"] = Guess(
                        product, "no column of amounts; a quantity and a price"
                    )
                elif price:
                    guesses["amount"] = Guess(price, "no column of amounts; a price")
        return _describe(engine, raw, types, guesses)
    finally:
        raw.drop(engine)


def _named(
    engine: Backend, raw: Raw, types: Mapping[str, str], *, names: str, kind: str, taken: set[str]
) -> str | None:
    """Return the first column that is called like this and whose cells can be read as its kind."""
    plain = {name: _plain(name) for name in types if name not in taken}
    likely = [name for word in names.split() for name in plain if plain[name] == word]
    # then longer names that end in one of the words: billing_customer_id, 最近下单时间
    likely += [
        name for word in names.split() if len(word) > 3 or not word.isascii()
        for name in plain if plain[name].endswith(word) and name not in likely
    ]  # fmt: skip
    return next((name for name in likely if _readable(engine, raw, name, types[name], kind)), None)


def _readable(engine: Backend, raw: Raw, name: str, kind: str, wanted: str) -> bool:
    value = Expression(sql.name(name), kind)
    try:
        if wanted == "timestamp":
            cell = parse.instant(engine, raw, value, timezone="UTC", where=name)
        elif wanted == "number":
            cell = parse.number(value, name)
        else:
            return True
    except DataError:
        # text of which nothing shows whether day or month comes first is time all the same
        return wanted == "timestamp" and kind == "VARCHAR"
    read, given = sql.rows(
        engine,
        f"SELECT count({cell}), count({value.sql})"
        f" FROM (FROM {sql.name(raw.name)} LIMIT {_LOOK_AT})",
    )[0]
    return bool(read >= _ENOUGH * given and read > 0)


def _describe(
    engine: Backend, raw: Raw, types: Mapping[str, str], guesses: Mapping[str, Guess]
) -> Sniffed:
    notes = [
        f"nothing looks like {c.name}" for c in TRANSACTIONS.columns[:3] if c.name not in guesses
    ]
    rows = int(sql.rows(engine, f"SELECT count(*) FROM {sql.name(raw.name)}")[0][0])
    first_day = last_day = condition = None
    if "timestamp" in guesses:
        name = guesses["timestamp"].expression
        try:
            cell = parse.instant(
                engine, raw, Expression(sql.name(name), types[name]), timezone="UTC", where=name
            )
            first_day, last_day = sql.rows(
                engine,
                f"SELECT CAST(min(moment) AS DATE), CAST(max(moment) AS DATE)"
                f" FROM (SELECT {cell} AS moment FROM {sql.name(raw.name)}) WHERE isfinite(moment)",
            )[0]
        except DataError as error:
            notes.append(str(error))
    if "customer_id" in guesses:
        name = guesses["customer_id"].expression
        missing = sql.rows(
            engine,
            f"SELECT count(*) - count({sql.name(name)}) FROM {sql.name(raw.name)}",
        )[0][0]
        if missing:
            condition = f"{sql.bare(engine, name)} IS NOT NULL"
            notes.append(f"{missing:,} of {rows:,} rows have no customer")
    return Sniffed(dict(types), guesses, condition, rows, first_day, last_day, tuple(notes))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _why(name: str, ours: str) -> str:
    return "the same name" if _plain(name) == _plain(ours) else "by its name and its cells"
