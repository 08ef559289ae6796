"""Every kind of alarm: what it is called, and what a person has to do."""

from dataclasses import dataclass
from enum import StrEnum


class AlarmKind(StrEnum):
    """What can be wrong."""

    KEYS = "keys"
    AUTHORITY = "authority"
    TIMESTAMP = "timestamp"
    CLOCK = "clock"
    DISK = "disk"
    STORAGE = "storage"
    BLOB = "blob"
    CERTIFICATE = "certificate"
    ROOT = "root"
    LEDGER = "ledger"
    STATEMENT = "statement"
    PARKED = "parked"
    LATE = "late"
    SEAL_LIMIT = "seal_limit"
    SEAL_FULL = "seal_full"
    SEAL_STOPPED = "seal_stopped"


@dataclass(frozen=True, slots=True)
class Advice:
    """`grave`: work stands still, or something may be lost."""

    title: str
    todo: str
    grave: bool = True


ADVICE: dict[AlarmKind, Advice] = {
    AlarmKind.KEYS: Advice(
        "签名密钥不可用",
        "检查密码设备（或者密钥文件夹）是否在线、口令是否正确；恢复后等待中的签名、盖章自动继续。",
    ),
    AlarmKind.AUTHORITY: Advice(
        "电子认证服务不可用", "联系电子认证服务机构，检查网络和接入凭据；恢复后等待中的签名自动继续。"
    ),
    AlarmKind.TIMESTAMP: Advice(
        "时间戳服务不可用", "检查到时间戳服务的网络，联系服务机构；恢复后等待中的签名、盖章自动继续。"
    ),
    AlarmKind.CLOCK: Advice(
        "时钟不准",
        "检查服务器与时间源（NTP）的同步。相差超过30秒时停止签名和盖章，校准后自动继续。",
    ),
    AlarmKind.DISK: Advice("磁盘空间不足", "清理或者扩充该文件夹所在的磁盘；写满后不能签署、盖章和保存文件。"),
    AlarmKind.STORAGE: Advice("文件存储不可用", "检查存放文件的磁盘或者对象存储；恢复后任务自动继续。"),
    AlarmKind.BLOB: Advice(
        "文件丢失或者内容改变", "不要删除任何文件。按运维手册从备份恢复该文件，恢复后本条自动消除，并查明原因。"
    ),
    AlarmKind.CERTIFICATE: Advice(
        "证书将在90天内到期",
        "签发CA、时间戳证书用 yiti pki rotate 更换，印章证书用 yiti pki issue-seal 换发。",
        grave=False,
    ),
    AlarmKind.ROOT: Advice(
        "根证书将在3年内到期",
        "用 yiti pki rotate --root 启用新的根证书，并公布其指纹；原根证书有效期内两者都受信任。",
        grave=False,
    ),
    AlarmKind.LEDGER: Advice(
        "账目核对不平，未能日终结账",
        "不要手工改动账户数据。按所列账户核对银行回单和分录，用冲正更正；核对一致后自动结账。",
    ),
    AlarmKind.STATEMENT: Advice(
        "银行对账单未到",
        "联系银行补发该日对账单（直联重发，或由银行经办在“付款与对账”上传）；对账单到后自动核对，本条自动消除。",
        grave=False,
    ),
    AlarmKind.PARKED: Advice("有任务被搁置", "到“待办任务”查看原因，处理后逐项重试。", grave=False),
    AlarmKind.LATE: Advice("任务长时间未处理", "检查后台工作进程是否在运行、外部系统是否正常。"),
    AlarmKind.SEAL_LIMIT: Advice(
        "印章今日用印次数将满", "告知印章管理员，确有需要的调高每日上限；用满后盖章停止到次日。", grave=False
    ),
    AlarmKind.SEAL_FULL: Advice(
        "登记机构印章今日用印次数已满",
        "证照、证明和函件正在等待盖章；由登记中心的印章管理员调高每日上限，否则次日自动继续。",
    ),
    AlarmKind.SEAL_STOPPED: Advice(
        "登记机构印章停止使用", "证照、证明和函件正在等待盖章；由登记中心的印章管理员恢复使用，已吊销的重新签发。"
    ),
}
