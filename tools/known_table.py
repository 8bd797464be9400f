"""A table whose rows are known, and the ways in which people write its cells.

A row is a customer, a moment and an amount. `drawn` makes a table and chooses how its cells are
written; what is written stands beside what is meant, so that a reader can be held to it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = "Asia/Shanghai"


@dataclass(frozen=True)
class Language:
    """How a shop somewhere writes."""

    encodings: tuple[str, ...]
    names: tuple[str, ...]
    header: tuple[str, str, str]
    months: str
    date: str
    money: tuple[str, ...]
    total: str


LANGUAGES = {
    "en": Language(
        ("cp1252",),
        ("Smith", "Zoë", "O'Brien", "Renée"),
        ("Customer ID", "Order Date", "Total, incl. tax"),
        "January February March April May June July August September October November"
        " December",
        "{month} {day}, {year}", ("${}", "US${}", "CA${}", "£{}", "USD {}"), "Total",
    ),
    "de": Language(
        ("cp1252",),
        ("Müller", "Jäger", "Groß", "Köhler", "Schmidt"),
        ("Kundennr.", "Bestelldatum", "Betrag (EUR)"),
        "Januar Februar März April Mai Juni Juli August September Oktober November"
        " Dezember",
        "{day}. {month} {year}", ("{}\u00a0€", "{} EUR", "€ {}", "{} €"), "Summe",
    ),
    "fr": Language(
        ("cp1252",),
        ("Lefèvre", "François", "Gérard", "Benoît"),
        ("N° client", "Date de commande", "Montant payé"),
        "janvier février mars avril mai juin juillet août septembre octobre novembre"
        " décembre",
        "{day} {month} {year}", ("{}\u202f€", "{} €"), "Total général",
    ),
    "es": Language(
        ("cp1252",),
        ("Muñoz", "García", "Ibáñez", "Peña"),
        ("Código cliente", "Fecha", "Importe"),
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
        " diciembre",
        "{day} de {month} de {year}", ("{} €", "$ {}", "COP {}"), "Suma",
    ),
    "pt": Language(
        ("cp1252",),
        ("João", "Gonçalves", "Conceição", "Simões"),
        ("Código do cliente", "Data do pedido", "Valor pago"),
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro"
        " dezembro",
        "{day} de {month} de {year}", ("R$ {}", "R${}", "R$\u00a0{}"), "Total geral",
    ),
    "pl": Language(
        ("cp1250",),
        ("Wójcik", "Kowalczyk", "Łukasz", "Żak", "Świątek"),
        ("Klient", "Data zamówienia", "Kwota"),
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października"
        " listopada grudnia",
        "{day} {month} {year}", ("{} zł", "{}\u00a0zł", "{} PLN"), "Razem",
    ),
    "tr": Language(
        ("cp1254",),
        ("Yılmaz", "Şahin", "Öztürk", "Çağlar", "Doğan"),
        ("Müşteri", "Sipariş Tarihi", "Tutar"),
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım"
        " Aralık",
        "{day} {month} {year}", ("{} TL", "₺{}"), "Toplam",
    ),
    "ru": Language(
        ("cp1251",),
        ("Иванов", "Смирнова", "Кузнецов", "Попова"),
        ("Покупатель", "Дата заказа", "Сумма"),
        "января февраля марта апреля мая июня июля августа сентября октября ноября"
        " декабря",
        "{day} {month} {year} г.", ("{} ₽", "{} руб."), "Итого",
    ),
    "zh": Language(
        ("gb18030", "gbk"),
        ("张伟", "王芳", "李娜", "欧阳明", "客户"),
        ("客户编号", "下单时间", "实付金额(元)"),
        "",
        "{year}年{n}月{day}日", ("¥{}", "{}元", "￥{}"), "合计",
    ),
    "zh-TW": Language(
        ("big5",),
        ("陳小明", "林美玲", "黃志強", "張家豪"),
        ("顧客編號", "訂單日期", "金額"),
        "",
        "{year}年{n}月{day}日", ("NT${}", "{}元"), "總計",
    ),
    "ja": Language(
        ("cp932",),
        ("佐藤さん", "スズキ", "たなか", "高橋様"),
        ("お客様番号", "注文日時", "支払金額"),
        "",
        "{year}年{n}月{day}日", ("{}円", "¥{}"), "合計",
    ),
    "ko": Language(
        ("cp949",),
        ("김민수", "이영희", "박지훈", "최수진"),
        ("고객번호", "주문일시", "결제금액"),
        "",
        "{year}년 {n}월 {day}일", ("{}원", "₩{}"), "합계",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What is meant: whole seconds of a shop's own time, and thousandths of a currency."""

    customer: str
    moment: datetime
    mills: int


@dataclass(frozen=True)
class Table:
    """Rows, the words around them, and how their cells are written."""

    rows: tuple[Row, ...]
    language: Language
    zone: str
    date_style: str
    number_style: str
    write_time: Callable[[datetime], str]
    write_amount: Callable[[int], str]

    def written(self) -> list[tuple[str, str, str]]:
        """Return the rows as text."""
        return [
            (row.customer, self.write_time(row.moment), self.write_amount(row.mills))
            for row in self.rows
        ]

    def meant(self) -> list[tuple[str, str, int]]:
        """Return who, on which day, how much (in thousandths)."""
        return [(row.customer, str(row.moment.date()), row.mills) for row in self.rows]


def drawn(draw: random.Random) -> Table:
    """Make a table, and choose how its cells are written."""
    language = LANGUAGES[draw.choice(list(LANGUAGES))]
    zone = draw.choice(["UTC", SHANGHAI])
    decimals = draw.choice([0, 0, 2, 2, 2, 2, 2, 3])
    n = draw.choice([4, 8, 15, 30, 30, 60, 60])
    who = _customers(draw, language, max(2, n // 3))
    begin = datetime(2022, 1, 1) + timedelta(days=draw.randrange(600))  # noqa: DTZ001
    span = draw.choice([20, 90, 400, 900])
    negative = draw.choice([0, 0, 0.05, 0.2])
    rows = []
    for _ in range(n):
        moment = begin + timedelta(days=draw.randrange(span), seconds=draw.randrange(86_400))
        mills = int(draw.lognormvariate(10.5, 1.6)) + 1
        unit = 10 ** (3 - decimals)
        mills = max(mills // unit, 1) * unit * (-1 if draw.random() < negative else 1)
        rows.append(Row(draw.choice(who), moment, mills))
    date_style, write_time = _time(draw, language, zone)
    number_style, write_amount = _amount(draw, language, decimals)
    return Table(tuple(rows), language, zone, date_style, number_style, write_time, write_amount)


def _customers(draw: random.Random, language: Language, n: int) -> list[str]:
    numbers = draw.sample(range(1, 9_999), n)
    kind = draw.choice(["c{:04}", "{:06}", "{}", "name", "name", "{}@example.com", "86{:011}"])
    if kind == "name":
        return [f"{draw.choice(language.names)} {number}" for number in numbers]
    return [kind.format(number) for number in numbers]


# ---------------------------------------------------------------- points in time

PLAIN_TIMES = {
    "iso day": "%Y-%m-%d",
    "iso": "%Y-%m-%d %H:%M:%S",
    "iso with T": "%Y-%m-%dT%H:%M:%S",
    "iso with parts of seconds": "%Y-%m-%d %H:%M:%S.%f",
    "iso to the minute": "%Y-%m-%d %H:%M",
    "y/m/d": "%Y/%m/%d %H:%M",
    "y.m.d": "%Y.%m.%d",
    "y/m/d, no zeros": "{t.year}/{t.month}/{t.day} {t.hour}:%M",
    "d.m.y": "%d.%m.%Y",
    "d.m.y with clock": "%d.%m.%Y %H:%M:%S",
    "d.m.yy": "%d.%m.%y",
    "d.m.y, no zeros": "{t.day}.{t.month}.{t.year}, %H:%M",
    "d/m/y": "%d/%m/%Y",
    "d/m/y with clock": "%d/%m/%Y %H:%M",
    "d/m/yy": "%d/%m/%y",
    "m/d/y": "%m/%d/%Y",
    "m/d/y with clock": "%m/%d/%Y %H:%M:%S",
    "m/d/yy": "{t.month}/{t.day}/%y",
    "m/d/y, PM": "{t.month}/{t.day}/{t.year}, {h}:%M:%S %p",
    "m/d/y, PM to the minute": "%m/%d/%Y %I:%M %p",
    "d-m-y": "%d-%m-%Y",
    "d-m-yy": "%d-%m-%y",
    "d-Jan-y": "%d-%b-%Y",
    "d Jan y": "%d %b %Y, %H:%M",
    "Jan d, y": "%b %d, %Y {h}:%M:%S %p",
    "d/Jan/y": "%d/%b/%Y",
    "RFC 2822": "%a, %d %b %Y %H:%M:%S",
    "digits": "%Y%m%d",
    "digits with clock": "%Y%m%d%H%M%S",
    "digits, clock apart": "%Y%m%d %H:%M:%S",
    "iso week": "%G-W%V-%u",
}
AWARE_TIMES = ("epoch", "epoch ms", "Z", "offset", "offset without colon", "UTC in words")


def _time(
    draw: random.Random, language: Language, zone: str
) -> tuple[str, Callable[[datetime], str]]:
    style = draw.choice([*PLAIN_TIMES, *AWARE_TIMES, *["in words"] * 6, "serial"])
    if style in PLAIN_TIMES:
        pattern = PLAIN_TIMES[style]
        return style, lambda t: t.strftime(pattern.format(t=t, h=t.hour % 12 or 12))
    if style == "serial":
        return style, lambda t: f"{(t - datetime(1899, 12, 30)) / timedelta(days=1):.5f}"  # noqa: DTZ001
    if style in AWARE_TIMES:
        offset = draw.choice([-420, 0, 60, 330, 480])
        return style, lambda t: _aware(t.replace(tzinfo=ZoneInfo(zone)), style, offset)
    clock = draw.choice(["", " %H:%M", "half"])
    # French short forms are no first three letters
    short = draw.choice([True, False]) and language.total != "Total général"

    def in_words(t: datetime) -> str:
        month = language.months.split()[t.month - 1] if language.months else ""
        month = month[:3] if short and len(month) > 4 else month
        day = language.date.format(year=t.year, month=month, n=t.month, day=t.day)
        if clock != "half":
            return day + t.strftime(clock)
        if language.months:
            return day + t.strftime(f" {t.hour % 12 or 12}:%M %p")
        half = HALVES[language.header[0]][t.hour >= 12]
        return day + t.strftime(f" {half}{t.hour % 12 or 12}:%M")

    return "in words", in_words


HALVES = {
    "客户编号": ("上午", "下午"),
    "顧客編號": ("上午", "下午"),
    "お客様番号": ("午前", "午後"),
    "고객번호": ("오전 ", "오후 "),
}


def _aware(moment: datetime, style: str, offset: int) -> str:
    utc = moment.astimezone(UTC)
    if style == "epoch":
        return str(int(utc.timestamp()))
    if style == "epoch ms":
        return str(int(utc.timestamp() * 1000))
    if style == "Z":
        return utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    if style == "UTC in words":
        return utc.strftime("%Y-%m-%d %H:%M:%S UTC")
    there = utc + timedelta(minutes=offset)
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    colon = ":" if style == "offset" else ""
    return there.strftime(f"%Y-%m-%d %H:%M:%S{sign}{minutes // 60:02}{colon}{minutes % 60:02}")


# ---------------------------------------------------------------- amounts

GROUPS = {  # thousands, decimal sign
    "plain": ("", "."),
    "comma": ("", ","),
    "1,234.50": (",", "."),
    "1.234,50": (".", ","),
    "1 234,50": (" ", ","),
    "1\u00a0234,50": ("\u00a0", ","),
    "1\u202f234,50": ("\u202f", ","),
    "1'234.50": ("'", "."),
    "1\u2019234.50": ("\u2019", "."),
    "lakh": ("lakh", "."),
}
MINUS = ("-{}", "-{}", "-{}", "\u2212{}", "{}-", "({})")


def _amount(
    draw: random.Random, language: Language, decimals: int
) -> tuple[str, Callable[[int], str]]:
    style = draw.choice([*GROUPS, "plain", "plain", "comma", "trimmed", "full-width", "exponent"])
    thousands, point = GROUPS.get(style, ("", "."))
    money = draw.choice([*["{}"] * 3, draw.choice(language.money)])
    minus = draw.choice(MINUS)
    if style == "exponent":
        money, minus = "{}", "-{}"

    def write(mills: int) -> str:
        whole, rest = divmod(abs(mills), 1000)
        if style == "exponent":
            text = f"{abs(mills) / 1000:.9E}"
        else:
            text = _grouped(whole, thousands)
            text += f"{point}{rest:03}"[: 1 + decimals] if decimals else ""
        if style == "trimmed" and decimals:
            text = text.rstrip("0").rstrip(".")
        if style == "full-width":
            text = text.translate({c: c + 0xFEE0 for c in range(0x2C, 0x3A)})
        text = money.format(text)
        return minus.format(text) if mills < 0 else text

    return f"{style}, {decimals} decimals", write


def _grouped(whole: int, sign: str) -> str:
    if sign != "lakh":
        return f"{whole:,}".replace(",", sign)
    text = str(whole)
    head, tail = text[:-3], text[-3:]
    pairs = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])
