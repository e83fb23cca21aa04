from dashboard.web import navigation  # noqa: I001 - two lines, for Streamlit puts this folder first on sys.path
navigation.show()
