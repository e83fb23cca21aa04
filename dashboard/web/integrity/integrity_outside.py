"""What leaves this machine: the last checkpoint to copy, the key to check it with, and the places that get copies."""

import polars as pl
import streamlit as st

from dashboard.keeping.integrity import Facts
from dashboard.web import text, zones
from dashboard.web.serving.service import Service

HOW = (
    "Keep the checkpoint where nobody who rules this machine can change it: a mail to yourself, a ticket, a print. "
    "Later it shows whether the log still continues what it said then. Any C2SP verifier reads it."
)


def checkpoint(log: Service) -> None:
    """The newest signed head, its key, and what they are good for."""
    facts = log.integrity().facts
    if facts.head is None:
        return
    with st.container(border=True, key="checkpoint"):
        st.markdown("##### Last checkpoint")
        st.caption(
            f"The first {text.count(facts.head.size, 'row')}, signed {text.exact(facts.head.signed_at, zones.shown())}"
        )
        st.code(text.several_lines(facts.head.note, 4_000), language=None, wrap_lines=True)
        st.download_button(
            "Download", facts.head.note, file_name=f"checkpoint-{facts.head.size}.txt", mime="text/plain",
            key="checkpoint-file", on_click="ignore", icon=":material/download:", type="tertiary",
        )  # fmt: skip
        _key(facts)
        with st.expander("How to check it elsewhere", icon=":material/outbound:"):
            st.text(HOW)
            st.caption("With the copy in a file, on any machine that can reach the log:")
            st.code("auditlens verify --full --anchor FILE", language="sh")
            st.caption("One event, with nothing but Python: open it in the log, download its proof, then")
            st.code("auditlens check FILE.tlog-proof", language="sh")


def _key(facts: Facts) -> None:
    assert facts.head is not None
    if not facts.head.vkeys:
        st.caption("No trusted key vouches for it.")
        return
    st.caption("Its verifier key: hand it out on another way than the checkpoint, in print or in a contract")
    for vkey in facts.head.vkeys:
        st.code(vkey, language=None, wrap_lines=True)


def sinks(log: Service) -> None:
    """Each place that gets copies, and how it stands."""
    facts = log.integrity().facts
    if not facts.as_of:
        return
    with st.container(border=True, key="sinks"):
        st.markdown("##### Copies outside")
        if not facts.sinks:
            st.text("No place is set up. Until one is, the badge stays amber.")
            return
        st.dataframe(
            sink_rows(facts), hide_index=True, key="sink-table", alt="Places that get copies of checkpoints",
            column_config={"Place": st.column_config.TextColumn(width="large")},
        )  # fmt: skip
        for sink in facts.sinks:
            if sink.error and not sink.late:  # of a late one it stands among the reasons
                st.caption(f"The last try failed. {text.label(sink.error, 300)}")


def sink_rows(facts: Facts) -> pl.DataFrame:
    """A row a place, in words."""
    return pl.DataFrame(
        [
            (
                text.one_line(sink.name, 80),
                "late" if sink.late else "failing" if sink.error else "in time" if sink.at else "not yet",
                f"#{sink.size:,}" if sink.size is not None else text.NOTHING,
                text.relative(sink.at, facts.now) if sink.at else "never",
            )
            for sink in facts.sinks
        ],
        schema=dict.fromkeys(("Place", "State", "Copy of", "Received"), pl.String),
        orient="row",
    )
