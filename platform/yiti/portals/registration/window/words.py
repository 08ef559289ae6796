"""What each kind of business is, in the words that people use at the window. Names and law are the catalogue's."""

from yiti.cases.business import Business as B  # noqa: N817
from yiti.cases.declaration import Group

GROUP_WORDS: dict[Group, str] = {
    "transfer": "转移登记（过户）",
    "mortgage": "抵押登记",
    "cancellation": "注销登记",
    "notice": "预告登记",
    "change": "变更登记",
    "first": "首次登记",
    "certificate": "换证、补证",
    "correction": "更正、异议登记",
    "other_right": "居住权、地役权",
    "seizure": "查封登记",
}
"""In the order of the page: what is asked for most comes first."""

PLAIN_WORDS: dict[B, str] = {
    B.FIRST_REGISTRATION: "房子建成验收后，开发企业或者建房人第一次办证（大产权、初始登记）",
    B.TRANSFER_NEW_HOME: "买的新建商品房办证，从开发企业名下转到买受人名下",
    B.TRANSFER_RESALE: "二手房买卖过户",
    B.TRANSFER_GIFT: "把房子赠送给别人，如父母赠与子女",
    B.TRANSFER_DIVISION: "夫妻离婚分房、婚内加名减名、兄弟分家析产",
    B.TRANSFER_INHERITANCE: "房主去世，由继承人办理过户",
    B.TRANSFER_BEQUEST: "按遗嘱把房子给法定继承人以外的人",
    B.TRANSFER_EXCHANGE: "两家互相换房",
    B.TRANSFER_JUDGMENT: "凭法院、仲裁的生效文书或者司法拍卖过户",
    B.CHANGE_HOLDER: "房主没有变，姓名、证件号码或者单位名称变了",
    B.CHANGE_PROPERTY: "房屋地址、用途或者面积变了",
    B.CHANGE_TERM: "土地使用期限变了，如续期",
    B.SPLIT: "一处房屋分成几处，分别办证",
    B.MERGER: "几处房屋合成一处，办一本证",
    B.OWNERSHIP_CANCELLATION: "房屋灭失、拆除或者放弃所有权",
    B.CORRECTION: "登记簿写错了，权利人或者利害关系人申请改正",
    B.CORRECTION_EX_OFFICIO: "登记机构自己发现登记错误，通知后依职权改正",
    B.OBJECTION: "认为登记簿记错了、房子是自己的，先登记异议，十五日内起诉",
    B.OBJECTION_CANCELLATION: "撤销已经登记的异议",
    B.PRESALE_NOTICE: "期房网签备案后的预告登记，由售房系统随网签办理",
    B.PRESALE_NOTICE_CANCELLATION: "期房退房，注销预告登记",
    B.PRESALE_MORTGAGE_NOTICE: "期房按揭，银行的抵押预告登记（预抵）",
    B.PRESALE_MORTGAGE_NOTICE_CANCELLATION: "期房按揭还清或者退房，注销抵押预告",
    B.SALE_NOTICE: "二手房买卖还不能马上过户，先预告登记保住房子",
    B.SALE_NOTICE_CANCELLATION: "二手房买卖不做了，注销预告登记",
    B.MORTGAGE_NOTICE: "二手房抵押还不能马上办理，先预告登记",
    B.MORTGAGE_NOTICE_CANCELLATION: "注销二手房抵押的预告登记",
    B.MORTGAGE: "用房子担保一笔固定的贷款（一般抵押）",
    B.MAXIMUM_MORTGAGE: "用房子担保一段时间里连续发生的贷款（最高额抵押）",
    B.MORTGAGE_FROM_NOTICE: "新房办证后，把按揭的抵押预告转为正式抵押",
    B.MORTGAGE_TRANSFER: "贷款转让给别的银行，抵押权跟着转",
    B.MORTGAGE_CHANGE: "抵押金额、期限、顺位或者担保范围变了",
    B.MORTGAGE_CANCELLATION: "贷款还清，注销抵押（解押）",
    B.CONSTRUCTION_MORTGAGE: "在建楼房抵押给银行",
    B.CONSTRUCTION_MORTGAGE_CANCELLATION: "在建楼房的抵押还清，注销抵押",
    B.RESIDENCE: "房子归别人，约定某人可以一直住，如老人居住",
    B.RESIDENCE_CANCELLATION: "居住期满或者居住权人去世，注销居住权",
    B.EASEMENT: "为自己的房屋使用方便利用别人的不动产，如通行、采光、管线",
    B.EASEMENT_CANCELLATION: "地役权到期或者解除，注销登记",
    B.SEIZURE: "法院等机关送来协助执行通知书，查封房屋；已有查封的自动轮候",
    B.SEIZURE_RENEWAL: "查封到期前，原机关续行查封",
    B.SEIZURE_LIFTING: "法院等机关通知解除查封（解封）",
    B.CERTIFICATE_REPLACEMENT: "证书破损、版式更换，换发新证",
    B.CERTIFICATE_LOSS: "证书、证明遗失，公告后补发",
}
"""Businesses that no window opens need no words here."""

ALSO_CALLED: dict[B, str] = {
    B.FIRST_REGISTRATION: "初始登记 大证 新建",
    B.TRANSFER_NEW_HOME: "商品房 小证 分户 转本登记 交房即交证",
    B.TRANSFER_RESALE: "存量房 买卖 过户 带押过户",
    B.TRANSFER_GIFT: "赠与 送",
    B.TRANSFER_DIVISION: "离婚 加名 减名 婚内 分家",
    B.TRANSFER_INHERITANCE: "去世 遗产 公证",
    B.TRANSFER_JUDGMENT: "判决 拍卖 法拍 仲裁 裁定",
    B.CHANGE_HOLDER: "改名 更名 身份证",
    B.MORTGAGE: "贷款 按揭 押房",
    B.MORTGAGE_CANCELLATION: "解押 还清 解除抵押",
    B.SEIZURE: "冻结 法院 协助执行 轮候",
    B.SEIZURE_LIFTING: "解封 解冻",
    B.CERTIFICATE_LOSS: "丢失 挂失 补证 登报",
}
"""Further words under which people look for it."""
