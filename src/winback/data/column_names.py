"""What shops call their columns, in English, Chinese, German, French and Spanish."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# the likeliest first; compared without case, spaces, punctuation and what stands in brackets
NAMES: Final = {
    "customer_id": """customerid customernumber customerno custid custno clientid clientcode
        clientno customercode userid memberid buyerid
        accountid shopperid openid unionid customer client user member buyer uid customeremail email
        kundennummer kundennr kundenid kunde idclient numeroclient numéroclient codeclient
        idcliente numerocliente codigocliente cliente
        客户id 客户编号 客户号 会员id 会员编号 会员号 会员卡号 用户id 用户编号 买家id
        顾客id 顾客编号 买家会员名 买家昵称 客户 会员 用户 买家 顾客 手机号 手机""",
    "timestamp": """timestamp orderdate ordertime orderedat placedat placedon soldon soldat
        invoicedate purchasedate purchasetime
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
        gesamtbetrag gesamtpreis gesamtsumme nettobetrag rechnungsbetrag betrag umsatz
        montanttotal montantttc montant
        importetotal importe monto
        实付金额 实付款 支付金额 付款金额 买家实际支付金额 订单金额 成交金额
        交易金额 消费金额 销售额 总金额 总价 应付金额 金额 合计""",
    "order_id": """orderid orderno ordernumber orderref orderreference invoiceid invoiceno
        invoicenumber invoice
        transactionid receiptno basketid order
        bestellnummer bestellnr auftragsnummer auftragsnr rechnungsnummer numerocommande
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
QUANTITY: Final = """quantity qty lineitemquantity units pieces menge anzahl quantité quantite
    cantidad 数量 购买数量 商品数量 件数"""
PRICE: Final = """unitprice price itemprice lineitemprice priceeach priceperunit sellingprice
    einzelpreis preis prixunitaire prix
    preciounitario precio 单价 商品单价 售价 价格"""
# what a name has in it that is on none of the lists above, and what it has if it is something else
HINTS: Final = {
    "customer_id": (
        """customer cust client klient kund acct account member buyer shopper user email mail
        客户 会员 用户 买家 顾客""",
        """name country city street address zip postcode type group segment status note since age
        gender manager agent service tags language""",
    ),
    "amount": (
        """amount amt total price gross net sales revenue value betrag summe umsatz preis montant
        prix importe precio 金额 价""",
        """tax vat mwst steuer ship versand discount rabatt fee tip unit each quantity qty count
        balance cost number items name currency network""",
    ),
}
# dates of something else than the purchase
NOT_WHEN_BOUGHT: Final = """birth geburt 生日 ship deliver liefer 发货 updat modif expir due cancel
    refund return joined signup registered since"""


def plain(name: str) -> str:
    """Return what is compared of a column's name.

    Examples
    --------
    >>> plain("Order Total (GBP)"), plain("(1)")
    ('ordertotal', '1')
    """
    bare = re.sub(r"[(\[（【][^)\]）】]*[)\]）】]", "", name)  # noqa: RUF001 - Chinese has brackets of its own
    return _letters(bare) or _letters(name)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def named(
    columns: Iterable[tuple[str, str]], names: str, hints: tuple[str, str] | None = None
) -> list[str]:
    """Return the columns that are called like this, the likeliest first.

    Parameters
    ----------
    columns
        Names, each with its plain form.
    names
        The words, the likeliest first.
    hints
        Parts of a name that speak for it, and parts that speak against it.

    Examples
    --------
    >>> columns = [(name, plain(name)) for name in ("city", "billing_customer_id", "client_city")]
    >>> named(columns, "customerid clientid", ("client", "city"))
    ['billing_customer_id']
    """
    columns, words = list(columns), names.split()
    found = [name for word in words for name, short in columns if short == word]
    # then longer names that end in one of the words: billing_customer_id, 最近下单时间
    found += [
        name
        for word in words
        if len(word) > 3 or not word.isascii()
        for name, short in columns
        if short.endswith(word)
    ]
    if hints is not None:
        parts, against = (text.split() for text in hints)
        found += [
            name
            for part in parts
            for name, short in columns
            if part in short and not any(other in short for other in against)
        ]
    return list(dict.fromkeys(found))
