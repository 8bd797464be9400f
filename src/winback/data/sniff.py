"""Look at a table's columns and guess what they mean, to start a job file with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.amounts import reading_of
from winback.data.connect import load, open_engine
from winback.data.expressions import Expression, resolve
from winback.data.raw import Raw, columns_of
from winback.data.tables import TRANSACTIONS
from winback.errors import DataError

_LOOK_AT = 10_000
_ENOUGH = 0.8

# how shops call things, the likeliest first; compared without case, spaces and punctuation
_NAMES = {
    "customer_id": """customerid customernumber customerno custid clientid userid memberid buyerid
        accountid shopperid openid unionid customer client user member buyer uid customeremail email
        kundennummer kundennr kundenid kunde idclient numeroclient numéroclient codeclient
        idcliente numerocliente codigocliente cliente
        客户id 客户编号 客户号 会员id 会员编号 会员号 会员卡号 用户id 用户编号 买家id
        顾客id 顾客编号 买家会员名 买家昵称 客户 会员 用户 买家 顾客 手机号""",
    "timestamp": """timestamp orderdate ordertime orderedat invoicedate purchasedate purchasetime
        purchasedat transactiondate transactiontime paymentdate paymenttime paidat createdat
        createtime datetime date time when
        bestelldatum kaufdatum rechnungsdatum auftragsdatum datum zeitpunkt datecommande
        datedecommande dateachat datefacture fechapedido fechadepedido fechacompra fecha
        下单时间 下单日期 订单时间 订单日期 订单创建时间 付款时间
        订单付款时间 支付时间 成交时间 交易时间 交易日期 购买时间 购买日期 消费时间 消费日期
        创建时间 日期 时间""",
    "amount": """amount totalamount orderamount paymentamount salesamount netamount totalprice
        ordertotal grandtotal linetotal total ordervalue paymentvalue dollarvalue revenue sales
        spend value paid gmv
        gesamtbetrag rechnungsbetrag betrag umsatz montanttotal montantttc montant
        importetotal importe monto
        实付金额 实付款 支付金额 付款金额 买家实际支付金额 订单金额 成交金额
        交易金额 消费金额 销售额 总金额 总价 应付金额 金额 合计""",
    "order_id": """orderid orderno ordernumber invoiceid invoiceno invoicenumber invoice
        transactionid receiptno basketid order
        bestellnummer bestellnr auftragsnummer rechnungsnummer numerocommande
        numérocommande commande idpedido numeropedido númeropedido pedido
        订单号 订单编号 订单id 交易号 交易编号 流水号""",
    "channel": """channel saleschannel orderchannel platform store shop
        kanal vertriebskanal filiale canal
        渠道 销售渠道 订单渠道 平台
        店铺 店铺名称 门店""",
    "product_id": """productid productcode sku skuid stockcode itemid itemcode articleno product
        item artikelnummer artikelnr artikel produit producto articulo artículo
        商品id 商品编号 商品编码 sku编码 货号 商品""",
    "category": """category productcategory categoryname department
        kategorie warengruppe catégorie categorie categoría categoria
        类别 品类 商品类别 商品品类 类目
        分类""",
    "currency": "currency currencycode ccy währung devise moneda divisa 币种 货币",
    "available_at": "availableat loadedat ingestedat",
}
_QUANTITY = (
    "quantity qty units pieces menge anzahl quantité quantite cantidad 数量 购买数量 商品数量 件数"
)
_PRICE = """unitprice price itemprice sellingprice einzelpreis preis prixunitaire prix
    preciounitario precio 单价 商品单价 售价 价格"""


@dataclass(frozen=True)
class Guess:
    """What one of our columns seems to be.

    Attributes
    ----------
    expression
        A column of the source, or a SQL expression over its columns.
    why
        Half a sentence.
    other
        What it may be just as well, where nothing in the cells decides: a person must look.
    """

    expression: str
    why: str
    other: str | None = None


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

    Names are compared with what shops call these things, in English, Chinese, German, French and
    Spanish; cells decide whether a column can be what its name says. Where there is no amount, a
    quantity times a price is one. Amounts that are no plain numbers are guessed with the expression
    that reads them. Where nothing proves whether the day or the month comes first, the guess is the
    day, and `Guess.other` the month.

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
        notes: list[str] = []
        looking = _Looking(engine, raw, types)
        for column in TRANSACTIONS.columns:
            ours, names = column.name, _NAMES[column.name]
            if column.kind == "timestamp":
                guess = looking.for_time(names, ours, notes)
            elif column.kind == "number":
                guess = looking.for_amount(names, ours, notes)
            else:
                guess = looking.for_text(names, ours)
            if guess is not None:
                guesses[ours] = guess
        return _describe(engine, raw, types, guesses, notes)
    finally:
        raw.drop(engine)


@dataclass
class _Looking:
    """The columns that nothing has been found for yet."""

    engine: Backend
    raw: Raw
    types: Mapping[str, str]

    def __post_init__(self) -> None:
        self.left = {name: _plain(name) for name in self.types}

    def called(self, names: str) -> list[str]:
        """Return the columns that are called like this, the likeliest first."""
        words = names.split()
        likely = [name for word in words for name, plain in self.left.items() if plain == word]
        # then longer names that end in one of the words: billing_customer_id, 最近下单时间
        return likely + [
            name for word in words if len(word) > 3 or not word.isascii()
            for name, plain in self.left.items() if plain.endswith(word) and name not in likely
        ]  # fmt: skip

    def for_text(self, names: str, ours: str) -> Guess | None:
        for name in self.called(names):
            return self.take(name, ours)
        return None

    def for_time(self, names: str, ours: str, notes: list[str]) -> Guess | None:
        for name in self.called(names):
            value = Expression(sql.name(name), self.types[name])
            try:
                cell = parse.instant(self.engine, self.raw, value, timezone="UTC", where=name)
            except DataError:
                either = self.either_way(name) if value.type == "VARCHAR" else None
                if either is None:
                    continue
                example, day_first, month_first = either
                notes.append(
                    f"nothing in {name} shows whether the day or the month comes first: {example}; "
                    f"taken for the day, and if it is the month: {month_first}"
                )
                return replace(self.take(name, ours), expression=day_first, other=month_first)
            if self.readable(name, cell):
                return self.take(name, ours)
        return None

    def for_amount(self, names: str, ours: str, notes: list[str]) -> Guess | None:
        unread = []
        for name in self.called(names):
            number = self.number(name)
            if number is None:
                unread.append(name)
                continue
            guess = replace(self.take(name, ours), expression=number)
            if number != name:
                notes.append(f"{self.not_numbers(name)}; this reads them: {number}")
            return guess
        notes += [self.not_numbers(name) for name in unread]
        quantity, price = self.first_number(_QUANTITY), self.first_number(_PRICE)
        if quantity and price:
            product = f"{self.factor(*quantity)} * {self.factor(*price)}"
            return Guess(product, "no column of amounts; a quantity and a price")
        return Guess(price[1], "no column of amounts; a price") if price else None

    def take(self, name: str, ours: str) -> Guess:
        del self.left[name]
        same = _plain(name) == _plain(ours)
        return Guess(name, "the same name" if same else "by its name and its cells")

    def first_number(self, names: str) -> tuple[str, str] | None:
        found = ((name, self.number(name)) for name in self.called(names))
        return next(((name, number) for name, number in found if number is not None), None)

    def factor(self, name: str, number: str) -> str:
        return sql.bare(self.engine, name) if number == name else f"CAST({number} AS DOUBLE)"

    def number(self, name: str) -> str | None:
        """Return the column, or the expression over it, whose values are numbers."""
        try:
            cell = parse.number(Expression(sql.name(name), self.types[name]), name)
        except DataError:
            return None
        if self.types[name] == "VARCHAR":
            reading = reading_of(self.engine, self.raw.name, name)
            if reading is not None:
                return reading
        return name if self.readable(name, cell) else None

    def not_numbers(self, name: str) -> str:
        cell, is_text = sql.name(name), self.types[name] == "VARCHAR"
        unread = f"TRY_CAST({cell} AS DOUBLE) IS NULL AND trim({cell}) <> ''" if is_text else "true"
        example = sql.rows(
            self.engine,
            f"SELECT CAST({cell} AS VARCHAR) FROM {sql.name(self.raw.name)}"
            f" WHERE {unread} ORDER BY source_row LIMIT 1",
        )
        shown = f": {example[0][0]!r}" if example else ""
        return f"{name} looks like the amount but its cells are no plain numbers{shown}"

    def readable(self, name: str, cell: str) -> bool:
        read, given = sql.rows(
            self.engine,
            f"SELECT count({cell}), count({sql.name(name)})"
            f" FROM (FROM {sql.name(self.raw.name)} LIMIT {_LOOK_AT})",
        )[0]
        return bool(read >= _ENOUGH * given and read > 0)

    def either_way(self, name: str) -> tuple[str, str, str] | None:
        """Return an example, and the expressions that read it day first and month first."""
        column, cell = sql.bare(self.engine, name), f"trim({sql.name(name)})"
        forms = [
            tuple(date + clock for date in dates)
            for dates in zip(parse.DAY_FIRST, parse.MONTH_FIRST, strict=True)
            for clock in parse.CLOCKS
        ]
        counts = ", ".join(
            f"count(TRY_STRPTIME({cell}, [{sql.text(day)}, {sql.text(month)}]))"
            for day, month in forms
        )
        example, *read = sql.rows(
            self.engine,
            f"SELECT min({cell}), {counts} FROM {sql.name(self.raw.name)}"
            f" WHERE regexp_matches({cell}, '{parse.DATE_ORDER}')",
        )[0]
        if not max(read):
            return None
        day, month = (
            f"strptime({column}, {sql.text(form)})" for form in forms[read.index(max(read))]
        )
        return example, day, month


def _describe(
    engine: Backend,
    raw: Raw,
    types: Mapping[str, str],
    guesses: Mapping[str, Guess],
    notes: list[str],
) -> Sniffed:
    needed = TRANSACTIONS.columns[:3]
    notes = [f"nothing looks like {c.name}" for c in needed if c.name not in guesses] + notes
    rows = int(sql.rows(engine, f"SELECT count(*) FROM {sql.name(raw.name)}")[0][0])
    first_day = last_day = condition = None
    if "timestamp" in guesses:
        written = {"timestamp": guesses["timestamp"].expression}
        timestamp = replace(TRANSACTIONS, columns=(TRANSACTIONS.columns[1],))
        value = resolve(engine, raw, timestamp, written)[0]["timestamp"]
        cell = parse.instant(engine, raw, value, timezone="UTC", where="timestamp")
        first_day, last_day = sql.rows(
            engine,
            f"SELECT CAST(min(moment) AS DATE), CAST(max(moment) AS DATE)"
            f" FROM (SELECT {cell} AS moment FROM {sql.name(raw.name)}) WHERE isfinite(moment)",
        )[0]
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
