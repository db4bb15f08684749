"""A base and a hospital for conversations with the bot, and a parent who says one thing after the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from caredesk.chatbot.bot import Bot, Turn
from caredesk.chatbot.calibration import Thresholds
from caredesk.chatbot.context import Context, Surroundings
from caredesk.chatbot.index import FaqEntry
from caredesk.chatbot.slots import NamedDepartment, NamedDoctor, Names
from caredesk.infra.index_folder import learned_index
from tests.fixtures.desk import LEARNED

MONDAY = date(2026, 11, 23)
NAMES = Names(
    departments=(
        NamedDepartment("dermatology", "皮肤科", "Dermatology"),
        NamedDepartment("general-pediatrics", "儿内科", "General Pediatrics"),
        NamedDepartment("neurology", "神经内科", "Neurology"),
        NamedDepartment("allergy", "过敏反应科", "Allergy"),
        NamedDepartment("endocrinology", "生长发育科（内分泌）", "Growth and Endocrinology"),
        NamedDepartment("dentistry", "口腔科", "Dentistry"),
    ),
    doctors=(
        NamedDoctor("wu-anran", "吴安然", "dermatology", "Wu Anran"),
        NamedDoctor("wu-jing", "吴静", "neurology", "Wu Jing"),
        NamedDoctor("zheng-kaiwen", "郑凯文", "dermatology", "Zheng Kaiwen"),
    ),
)
BASE = (
    FaqEntry("cancel", "预约", "怎么退号？", ("不想看了，怎么取消预约", "挂的号能退吗"), "在“我的预约”里点“退号”。"),
    FaqEntry("refund", "缴费", "退费多久到账？", ("退的钱几天能到", "退款什么时候到"), "1 至 7 个工作日。"),
    FaqEntry("invoice", "票据", "怎么开发票？", ("电子发票在哪下载", "报销要的票据去哪拿"), "在“我的票据”里下载。"),
    FaqEntry("title", "票据", "发票抬头能改吗？", ("抬头写错了", "发票能开公司名吗"), "抬头是孩子的姓名。"),
    FaqEntry("parcel", "物流", "药寄到哪儿了？", ("快递单号在哪看", "怎么查物流"), "在“我的处方”里看物流。"),
    FaqEntry("parcel-days", "物流", "药寄到家要几天？", ("快递多久到", "寄药多长时间"), "北京 1 至 2 天。"),
    FaqEntry("parcel-fee", "物流", "寄药的运费是多少？", ("邮费谁出", "快递费多少钱"), "运费 12 元。"),
    FaqEntry("schedule", "开诊", "怎么查医生的出诊时间？", ("医生哪天出诊", "哪天有医生"), "在医生主页里看。"),
    FaqEntry("vaccine", "疫苗", "怎么预约打疫苗？", ("约疫苗", "疫苗怎么约"), "在“疫苗预约”里约。"),
    FaqEntry("vaccine-papers", "疫苗", "打疫苗要带什么？", ("疫苗要带哪些证件", "打针带什么材料"), "带接种证。"),
    FaqEntry("fever-clinic", "科室", "发烧能挂哪个科？", ("发热门诊在哪",), "请到发热门诊。"),
)  # fmt: skip
LIVE = {"schedule": "clinic_sessions", "parcel": "parcels"}


@cache
def bot() -> Bot:
    """Return a bot over the base, with thresholds that do not move with the engine."""
    return Bot(learned_index(BASE, version="talk", folder=LEARNED), Thresholds(answer=0.9, suggest=0.05))


class Parent:
    """Says one thing after the other; what the bot remembers travels in plain form, as it does in the desk."""

    def __init__(self, *, live: Mapping[str, str] = LIVE) -> None:
        self.surroundings = Surroundings(names=NAMES, today=MONDAY, live=live)
        self.context = Context()

    def says(self, text: str, *, misses: int = 0) -> Turn:
        """Ask the bot and remember what it hands on."""
        turn = bot().ask(text, context=self.context, surroundings=self.surroundings)
        self.context = Context.from_plain(turn.context.to_plain(), misses=misses)
        return turn
