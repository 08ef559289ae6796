"""What the watch itself refuses."""

from kernel.errors import Unavailable


class ClockWrong(Unavailable):
    """Whatever is sealed now would bear a false time; jobs wait until the clock is right."""

    code = "alarms.clock_wrong"
    default_message = "服务器时钟相差过大，暂停签名和盖章，校准后自动继续"
