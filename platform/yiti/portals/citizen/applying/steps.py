"""The steps of applying, for the picture at the top of each page."""

STEPS = ("填写申请", "上传材料", "询问和签署")
CORRECTING = ("修改申请", "补交材料", "完成补正")


def steps(correcting: bool) -> tuple[str, ...]:
    """While it is drafted, or while it is corrected."""
    return CORRECTING if correcting else STEPS
