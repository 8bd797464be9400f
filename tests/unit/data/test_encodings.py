"""Old encodings are told from few words, or not at all."""

import pytest

from winback.data.connect import load, open_engine
from winback.data.encodings import encodings_of
from winback.errors import DataError


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", "Müller;Größe;Düsseldorf"),
        ("cp1252", "São Paulo;CONCEIÇÃO;João"),
        ("cp1252", "N° client;Montant payé;Hélène;François;Benoît"),
        ("cp1250", "Łódź;Świątek;Wójcik"),
        ("cp1254", "Müşteri;Sipariş Tarihi;Yılmaz"),
        ("cp1251", "Покупатель;Дата заказа"),
        ("cp1253", "Πελάτης;Ημερομηνία;Παπαδόπουλος"),
        ("gb18030", "客户编号;下单时间;实付金额(元)"),
        ("gb18030", "1’234.50 张伟"),
        ("big5", "顧客編號;訂單日期;金額"),
        ("cp932", "注文日時;８９．９５０"),
        ("cp949", "고객번호;주문일시"),
    ],
)
def test_encodings_are_told_from_a_line(encoding, words):
    assert encodings_of(words.encode(encoding)) == [encoding]


def test_a_currency_on_every_line_speaks_no_louder_than_the_names():
    lines = "Клиент;Дата;Сумма\n" + "".join(f"{i};2024-01-02;{i},50 руб.\n" for i in range(300))
    assert encodings_of(lines.encode("cp1251")) == ["cp1251"]


def test_two_readings_are_both_shown(tmp_path):
    assert encodings_of("Muñoz".encode("cp1252")) == ["cp1252", "cp1250"]
    path = tmp_path / "orders.csv"
    path.write_bytes(b"id,day\n" + "Muñoz,2024-01-01\n".encode("cp1252") * 4)
    with pytest.raises(
        DataError, match=r"Muñoz.*\(cp1252\) / 'Muńoz.*\(cp1250\).*encoding: cp1252"
    ):
        load(open_engine(threads=1), str(path))
