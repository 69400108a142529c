"""What plotly is told wherever a figure is drawn: in pages, and in widgets."""

# The figures of a class or of a group are its own: plotly 7 has a button that sends a figure, data
# and all, to a server of its maker.
CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["sendChartToCloud", "sendDataToCloud"],
}
