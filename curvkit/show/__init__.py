"""How anything is drawn or turned: `theme`, `panel`, `player`; knows no mathematics and no room."""
