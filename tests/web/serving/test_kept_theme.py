"""What a run tells of the theme is what Streamlit would tell, and is read out of the configuration once."""

from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from dashboard.web.serving import kept_theme, streamlit_config

SECTIONS = ("theme", *(f"theme.{category.value}" for category in config.CustomThemeCategories))


def test_the_message_is_streamlits_own_each_time() -> None:
    config.get_config_options(force_reparse=True, options_from_flags=streamlit_config.pinned_config("127.0.0.1", 8600))
    asked: list[str] = []

    def populate(message: CustomThemeConfig, section: str = "theme") -> None:
        asked.append(section)
        app_session._populate_theme_msg(message, section)

    kept = kept_theme._once(populate)
    for _ in range(2):
        for section in SECTIONS:
            ours, theirs = CustomThemeConfig(), CustomThemeConfig()
            kept(ours, section)
            app_session._populate_theme_msg(theirs, section)
            assert ours == theirs
    assert asked == list(SECTIONS)
