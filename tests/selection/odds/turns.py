"""Why no keyword of the room's functions is turned."""

TURNS = {}
LEFT = {
    f"compare.{each}": "Runs a study of many fits, whose numbers are held by its own tests."
    for each in ("cells", "trials", "seed")
}
