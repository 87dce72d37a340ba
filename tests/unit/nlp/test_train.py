"""Training the gram table: the same input gives the same table, rare grams weigh more."""

import io

import numpy as np

from pipelines.model_idf import pack_idf, train_idf

MESSAGES = [
    ("澄湖苑漏水", "地下室漏水"),
    ("云栖里漏水", "外墙漏水"),
    ("云栖里停工", "工地没人"),
]


def test_idf_is_deterministic_and_rare_grams_weigh_more() -> None:
    first, second = train_idf(MESSAGES), train_idf(iter(MESSAGES))
    assert (first == second).all()
    assert first.max() > first.min()


def test_the_table_is_read_back_as_stored() -> None:
    idf = train_idf(MESSAGES)
    with np.load(io.BytesIO(pack_idf(idf))) as stored:
        assert (stored["idf"] == idf).all()
    assert pack_idf(idf) == pack_idf(idf)
