"""The least that a Streamlit page can do: a button, and a text that changes with each click."""

import streamlit as st

clicks = st.session_state.setdefault("clicks", 0)
if st.button("Once more"):
    st.session_state["clicks"] = clicks = clicks + 1
st.text(f"clicked {clicks} times")
