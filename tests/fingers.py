"""Fingers on a page, as a screen that is touched tells them."""

from waits import frames

PHONE = dict(viewport=dict(width=420, height=800), has_touch=True, is_mobile=True)


class Fingers:
    """One finger or several on a page whose context can be touched.

    Args:
        sheet: the page.
    """

    def __init__(self, sheet):
        self.sheet, self._session = sheet, sheet.context.new_cdp_session(sheet)

    def say(self, kind, *places):
        """Tells that fingers come down, move or leave: `touchStart`, `touchMove` or `touchEnd`."""
        points = [dict(x=x, y=y, id=at) for at, (x, y) in enumerate(places)]
        self._session.send("Input.dispatchTouchEvent", dict(type=kind, touchPoints=points))
        frames(self.sheet)

    def drag(self, x, y, dx, dy, look=lambda share: None):
        """Drags a finger from a place; after each move one may look, at that share of the way."""
        self.say("touchStart", (x, y))
        for share in (0.3, 0.6, 1):
            self.say("touchMove", (x + share * dx, y + share * dy))
            look(share)
        self.say("touchEnd")

    def tap(self, x, y):
        """Taps a place."""
        self.say("touchStart", (x, y))
        self.say("touchEnd")

    def widen(self, x, y, near=30, far=110):
        """Moves two fingers apart, around a place."""
        self.say("touchStart", (x - near, y), (x + near, y))
        for at in range(1, 7):
            apart = near + (far - near) * at / 6
            self.say("touchMove", (x - apart, y), (x + apart, y))
        self.say("touchEnd")
