"""What is drawn: charts, their forms, their colours and findings, and how a selection in one becomes a filter."""
