import json

from dashboard.web.charts import drawing


def test_each_hole_is_filled_once_and_a_value_like_a_hole_stays() -> None:
    form = json.dumps({"title": drawing.hole("title"), "height": drawing.hole("height"), "width": 3})
    written = drawing.filled(form, title='a "<height>"', height=["<title>", "é"])
    assert json.loads(written) == {"title": 'a "<height>"', "height": ["<title>", "é"], "width": 3}
