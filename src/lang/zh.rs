//! Simplified Chinese. Durations stay as they are in English (`3m 05s`): that is how kubectl and
//! other tools show them everywhere.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::time::Duration;

use super::Words;
use crate::cause::{Cause, Distrust, Document, Fault, Flaw, Hint, Kind, Lacking, SignIn, Trouble};
use crate::event::Traced;
use crate::exit::{Signal, Verdict};
use crate::model::{self, About, Exposure, Note, Phase, Unit, UnitKind, UnitState};
use crate::text::duration;
use crate::watch::Reason;

/// Chinese.
pub(super) struct Zh;

/// The measure word and the noun of a unit.
const fn noun(kind: Option<UnitKind>) -> (&'static str, &'static str) {
    match kind {
        Some(UnitKind::Machine) => ("台", "机器"),
        Some(UnitKind::Step) => ("个", "步骤"),
        Some(UnitKind::Component) => ("个", "组件"),
        None => ("个", "单元"),
    }
}

/// `（text）` where there is one.
fn aside(text: Option<impl std::fmt::Display>) -> String {
    text.map(|text| format!("（{text}）")).unwrap_or_default()
}

/// `：text` where there is one.
fn behind_colon(text: Option<impl std::fmt::Display>) -> String {
    text.map(|text| format!("：{text}")).unwrap_or_default()
}

/// What went wrong below; what is rare stays in the words of the system.
fn trouble(trouble: &Trouble) -> Cow<'_, str> {
    let Kind::Io(kind) = trouble.kind else {
        return "域名无法解析".into();
    };
    match kind {
        ErrorKind::ConnectionRefused => "连接被拒绝",
        ErrorKind::ConnectionReset => "连接被对端重置",
        ErrorKind::ConnectionAborted => "连接被中止",
        ErrorKind::NotConnected | ErrorKind::BrokenPipe => "对端已关闭",
        ErrorKind::UnexpectedEof => "连接提前关闭",
        ErrorKind::HostUnreachable => "主机不可达",
        ErrorKind::NetworkUnreachable => "网络不可达",
        ErrorKind::NetworkDown => "网络不可用",
        ErrorKind::AddrNotAvailable => "本机没有可用的地址或端口",
        ErrorKind::TimedOut => "超时",
        ErrorKind::NotFound => "文件或目录不存在",
        ErrorKind::PermissionDenied => "权限不足",
        ErrorKind::StorageFull => "磁盘空间不足",
        ErrorKind::QuotaExceeded => "超出磁盘配额",
        ErrorKind::ReadOnlyFilesystem => "文件系统只读",
        ErrorKind::FileTooLarge => "文件过大",
        ErrorKind::IsADirectory => "这是一个目录",
        ErrorKind::NotADirectory => "路径中有一级不是目录",
        ErrorKind::InvalidData => return format!("对端的数据无法识别（{trouble}）").into(),
        _ => &trouble.words,
    }
    .into()
}

fn distrust(distrust: &Distrust) -> &str {
    match distrust {
        Distrust::OfAuthority => {
            "这是 CA 证书（CA:TRUE），不能作为服务器证书使用，请重新签发一张不带该标记的证书"
        }
        Distrust::Flaw(flaw, words) => match flaw {
            Flaw::Expired => "证书已过期",
            Flaw::NotYetValid => "证书尚未生效",
            Flaw::OtherName => "证书与主机名不匹配",
            Flaw::UnknownIssuer => "证书的签发者不受信任",
            Flaw::Revoked => "证书已被吊销",
            Flaw::BadSignature => "证书签名无效",
            Flaw::Other => words,
        },
    }
}

const fn document(document: Document) -> &'static str {
    match document {
        Document::Order => "部署单",
        Document::Run => "运行实例",
        Document::Task => "部署任务状态",
        Document::Release => "发布任务",
        Document::Command => "命令进度",
        Document::Installer => "安装器状态",
    }
}

impl Words for Zh {
    fn phase(&self, phase: Phase) -> &'static str {
        match phase {
            Phase::Pending => "等待开始",
            Phase::Running => "进行中",
            Phase::Paused => "已暂停",
            Phase::PausedAfterFailure => "失败后暂停",
            Phase::Succeeded => "成功",
            Phase::Failed => "失败",
            Phase::Cancelled => "已取消",
            Phase::Ended => "已结束，结果未知",
            Phase::Unknown => "状态未知",
        }
    }

    fn state(&self, state: UnitState) -> &'static str {
        match state {
            UnitState::Pending => "等待中",
            UnitState::Queued => "排队中",
            UnitState::Running => "进行中",
            UnitState::Succeeded => "成功",
            UnitState::Failed => "失败",
            UnitState::Skipped => "已跳过",
            UnitState::Cancelled => "已取消",
            UnitState::Unknown => "未知",
        }
    }

    fn verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Succeeded => "成功",
            Verdict::Failed => "失败",
            Verdict::Cancelled => "已取消",
            Verdict::Paused => "已暂停",
            Verdict::Refused => "被拒绝",
            Verdict::Lost => "失去联系",
            Verdict::Running => "进行中",
            Verdict::TimedOut => "超时",
            Verdict::Interrupted(_) => "已中断",
            Verdict::Unclear => "信息不足",
        }
    }

    fn note(&self, note: &Note) -> String {
        match note {
            Note::Provider(text) => text.to_string(),
            Note::AwaitsConfirmation { batch, batches } => {
                let batch = batch.map(|batch| self.batch(batch, *batches));
                format!("等待人工确认{}", aside(batch))
            }
            Note::AwaitsDecision { failed, code } => {
                let code = code.as_ref().map(|code| format!("异常码 {code}"));
                format!("{failed} 个失败{}，等待人工重试、跳过或终止", aside(code))
            }
            Note::ExceptionCode(code) => format!("异常码 {code}"),
            Note::UnknownWord { field, word } => {
                format!("{field} 的值“{word}”未见于文档，既不视为结束，也不视为成功")
            }
            Note::Skipped(count) => format!("{count} 个已跳过"),
            Note::FailedInSuccess(count) => format!("{count} 个失败"),
            Note::EntityFailed { entity, operation } => {
                format!("{entity} 失败{}", aside(operation.as_ref()))
            }
            Note::RunsOnAfterFailure => {
                "已有失败，其余均无进展，而平台仍显示运行中；可用 --fail-fast 或 --stall-timeout \
                 结束跟踪"
                    .into()
            }
            Note::OtherId { asked, answered } => {
                format!("查询的是 {asked}，返回的却是 {answered}")
            }
            Note::MayBeEarlier(pins) => format!(
                "开始跟踪时它已经结束，可能是更早的一次；加上 {} 即可确定",
                model::alternatives(pins, "、", " 或 ")
            ),
            Note::FoundOrder { order, run } => match run {
                Some(run) => format!("正在跟踪运行 {run} 的部署单 {order}"),
                None => format!("正在跟踪部署单 {order}"),
            },
            Note::AwaitsOrder => "本次运行尚未生成部署单".into(),
            Note::NoOrder => "本次运行已结束，没有生成部署单".into(),
            Note::JobFailed => "部署单在失败后仍显示运行中，但生成它的任务已经失败".into(),
            Note::AwaitsNewRun => "上一次运行在开始跟踪前已经结束，等待新的运行".into(),
            Note::NothingMoves { failed } => format!("{failed} 个失败，其余均无进展"),
            Note::PlanUnread(cause) => {
                let cause = self.cause(cause);
                format!("无法读取发布任务本身，仅依据各组件判断：{cause}")
            }
            Note::Insecure => "--insecure：不校验证书".into(),
            Note::InsecureHere => "--insecure：不校验它的证书".into(),
            Note::SharedSecret { who, file } => {
                let who = match who {
                    Exposure::Everybody => "本机所有用户都能读取",
                    Exposure::Group => "同组用户都能读取",
                    Exposure::Others => "属主以外的用户有权访问",
                };
                format!("{who}密钥文件，请执行 chmod 600 {file}")
            }
            Note::WriteFailed { what, error } => format!("无法写入 {what}：{}", trouble(error)),
            Note::DumbTerminal => "TERM 表明终端无法绘图，改为逐行输出，不显示进度条".into(),
            Note::NoTerminal => "stderr 不是终端，改为逐行输出，不显示进度条".into(),
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Phase(phase, note) => {
                let note = note.as_ref().map(|note| self.note(note));
                let end = match phase {
                    Phase::Succeeded => "平台报告部署成功",
                    Phase::Failed => "平台报告部署失败",
                    Phase::Cancelled => "平台报告部署已取消",
                    Phase::Paused => "部署已暂停",
                    Phase::PausedAfterFailure => "部署在失败后暂停",
                    Phase::Ended => "部署已结束，但平台没有说明结果",
                    Phase::Pending => "部署尚未开始",
                    Phase::Running => "部署仍在进行",
                    Phase::Unknown => "部署状态未知",
                };
                match (phase, note) {
                    (Phase::Paused | Phase::PausedAfterFailure, Some(note)) => {
                        format!("{end}：{note}")
                    }
                    (_, note) => format!("{end}{}", aside(note)),
                }
            }
            Reason::FailFast(unit) => {
                let remark = behind_colon(self.remark(unit));
                format!("{} 失败，--fail-fast 立即结束跟踪{remark}", unit.name)
            }
            Reason::Strict(flaws, more) => {
                let more = (*more > 0).then(|| format!("另有 {more} 项"));
                let flaws = flaws.iter().map(|flaw| self.note(flaw));
                let flaws: Vec<_> = flaws.chain(more).collect();
                format!(
                    "平台报告部署成功，但 --strict 判为失败：{}",
                    flaws.join("；")
                )
            }
            Reason::Refused { cause, hint } => {
                let cause = self.cause(cause);
                let hint = hint.as_ref().map(|hint| format!("；{}", self.hint(hint)));
                format!("请求被拒绝：{cause}{}", hint.unwrap_or_default())
            }
            Reason::SayMore(cause) => format!("无法确定要跟踪的部署：{}", self.cause(cause)),
            Reason::Lost { error, offline } => format!(
                "{} 内没有有效响应，最后一次错误：{}；部署最终结果未知",
                duration(*offline),
                self.cause(error)
            ),
            Reason::Over => "录制到此结束；部署最终结果未知".into(),
            Reason::TimedOut(limit) => {
                let limit = humantime::format_duration(*limit);
                format!("到达 --timeout {limit} 时尚未结束")
            }
            Reason::Stalled(limit) => {
                let limit = humantime::format_duration(*limit);
                format!("--stall-timeout {limit} 内没有任何变化")
            }
            Reason::Abandoned => "另一部署结束了全部跟踪，而它尚未结束".into(),
            Reason::All(verdicts) => {
                let succeeded = |verdict: &&Verdict| **verdict == Verdict::Succeeded;
                let count = verdicts.iter().filter(succeeded).count();
                format!("共 {} 个部署，{count} 个成功", verdicts.len())
            }
            Reason::Interrupted(signal) => match signal {
                Signal::Interrupt => "被 SIGINT 中断；部署仍在继续",
                Signal::Terminate => "被 SIGTERM 中断；部署仍在继续",
                Signal::Hangup => "终端已关闭；部署仍在继续",
                Signal::Pipe => "输出已无人读取；部署仍在继续",
            }
            .into(),
        }
    }

    fn cause(&self, cause: &Cause) -> String {
        match cause {
            Cause::TimedOut(limit) => {
                let limit = humantime::format_duration(*limit);
                format!("{limit} 内没有收到完整响应")
            }
            Cause::CannotConnect(error) => format!("连接不上：{}", trouble(error)),
            Cause::NoAnswer(error) => format!("没有响应：{}", trouble(error)),
            Cause::BrokeOff(error) => format!("响应中断：{}", trouble(error)),
            Cause::TooLarge(most) => format!("响应超过 {most} MiB"),
            Cause::Untrusted(why) => format!("服务器证书校验失败：{}", distrust(why)),
            Cause::Status { status, words } => {
                format!("HTTP {status}{}", behind_colon(words.as_ref()))
            }
            Cause::Redirect { status, to } => match to {
                Some(to) => format!("HTTP {status}：重定向到 {to}，未跟随"),
                None => format!("HTTP {status}：重定向没有给出目标地址"),
            },
            Cause::Partial => "只返回了部分内容".into(),
            Cause::Html => "返回的是 HTML 页面，不是 JSON".into(),
            Cause::Empty => "响应为空".into(),
            Cause::NotJson(wanted, syntax) => {
                let place = syntax.place;
                let place = place.map(|(line, column)| format!("第 {line} 行第 {column} 列"));
                let (wanted, place) = (document(*wanted), aside(place));
                match syntax.fault {
                    Fault::Syntax => format!("不是{wanted}的 JSON{place}"),
                    Fault::CutOff => format!("{wanted}的 JSON 不完整{place}"),
                    Fault::Content => format!("{wanted}的 JSON 内容有误{place}"),
                }
            }
            Cause::Error { code, words } => {
                let code = code.as_ref().map(|code| format!("码 {code}"));
                let words = words.as_deref().unwrap_or("未说明原因");
                format!("返回错误{}：{words}", code.unwrap_or_default())
            }
            Cause::Query(Some(status)) => format!("返回错误：查询状态为 {status}"),
            Cause::Query(None) => "返回错误：响应中没有查询状态".into(),
            Cause::Provider(words) | Cause::Recorded(words) => words.to_string(),
            Cause::Lacks(what) => match what {
                Lacking::OrderStatus => "响应中没有部署单状态".into(),
                Lacking::RunStatus => "响应中没有运行状态".into(),
                Lacking::Field(name) => format!("响应中没有 {name}"),
                Lacking::Record => "响应中没有 record_id，--fresh 无法区分各次运行".into(),
            },
            Cause::TwoStatuses => "响应中有两个部署单状态".into(),
            Cause::OtherRun => "返回的不是正在跟踪的那次运行".into(),
            Cause::NothingDeployed => {
                "本次运行已成功结束，但没有生成部署单，没有可跟踪的部署".into()
            }
            Cause::WhichJob { wanted, jobs } => {
                let there = jobs.iter().map(|(name, id)| format!("{name}（id {id}）"));
                let there = there.collect::<Vec<_>>().join("、");
                match wanted {
                    None => format!("本次运行有多个部署任务，请用 --job 选定一个：{there}"),
                    Some(wanted) if jobs.is_empty() => format!("本次运行没有任务 {wanted}"),
                    Some(wanted) => {
                        format!("任务 {wanted} 不存在或不唯一，本次运行的任务有：{there}")
                    }
                }
            }
            Cause::SignIn(problem) => match problem {
                SignIn::Page(title) => {
                    let title = title.as_ref().map(|title| format!("“{title}”"));
                    format!(
                        "HTTP 200 返回的是 HTML 页面，不是 JSON，应是 Manager 的登录页{}",
                        behind_colon(title.as_ref())
                    )
                }
                SignIn::LeadsAway(place) => format!("登录时重定向到 {place}，未跟随"),
                SignIn::Endless => "登录时陷入循环重定向".into(),
                SignIn::NoSession => "登录完成，但没有获得会话".into(),
                SignIn::NoTicket => {
                    "CAS 服务器的页面没有 lt 字段（新版 Manager 请用 --auth basic）".into()
                }
                SignIn::Unheard => {
                    "密码已发送四次，没有响应说明它是否正确；不再发送，因为再错一次就会锁定账号"
                        .into()
                }
            },
            Cause::Over => "录制到此结束".into(),
            Cause::Bug => "deploywatch 内部错误，请反馈".into(),
            Cause::Numbered(cause, request) => format!("{}（请求 {request}）", self.cause(cause)),
        }
    }

    fn hint(&self, hint: &Hint) -> String {
        match hint {
            Hint::Trust => "请用 --cacert FILE 指定签发它的 CA 证书；--insecure 会跳过全部校验",
            Hint::Token => "请检查令牌：可能已过期，或属于另一个版本（中心版、Region 版）",
            Hint::TokenPermission(name) => return format!("令牌需要“{name}”的只读权限"),
            Hint::OrganizationIds => {
                "请检查各个 ID；Region 版在设置了组织时也会这样响应，YUNXIAO_EDITION=region 可去掉组织"
            }
            Hint::RegionIds => "请检查各个 ID；中心版需要 --organization",
            Hint::NewRun => "开始跟踪时它已结束；--fresh 会等待新的运行",
            Hint::Credentials => "请检查凭证：令牌有效期为 24 小时，修改密码或权限会使其提前失效",
            Hint::Clock { off, ahead, advice } => {
                let way = if *ahead { "快" } else { "慢" };
                let advice = advice.as_ref().map(|advice| format!("；{}", self.hint(advice)));
                return format!(
                    "本机时钟比服务器{way} {}，相差超过 15 分钟就会被拒绝{}",
                    duration(*off),
                    advice.unwrap_or_default()
                );
            }
            Hint::RecordAndTask => "请检查 --record 和 --task",
            Hint::TaskPermission => "账号需要查看该部署任务的权限",
            Hint::TaskAndRegion => "请检查 --task，以及该任务是否在这个区域",
            Hint::ReleasePermission => "凭证必须属于该项目，并有查看发布任务的权限",
            Hint::ReleaseIds => {
                "请检查各个 ID；这里是旧版的发布管理，新版流水线的 ID 在这里也查不到"
            }
            Hint::Password => {
                "请检查用户名和密码（带 Kerberos 的旧版 Manager 请用 --auth cas）；不再发送，因为错误五次就会锁定账号"
            }
            Hint::CommandPermission => "该用户没有查看此命令的权限，或账号已被锁定",
            Hint::CommandAndEndpoint => {
                "请检查命令的 ID 和 endpoint：应为集群的 Manager，一般是 https://<浮动 IP>:28443，后面不带路径"
            }
            Hint::CasServer => "这是 CAS 服务器，端口 20009；新版 Manager 请用 --auth basic",
            Hint::User => "此 Manager 需要登录：请加上 --user NAME，去掉 --auth none",
            Hint::InstallerEndpoint => {
                "这是安装器的端口吗？endpoint 形如 http://HOST:1236，后面不带路径"
            }
            Hint::Operation => "此安装器不支持该操作，请检查 --operation",
            Hint::Recorded(words) => words,
        }
        .into()
    }

    fn remark<'a>(&self, unit: &'a Unit) -> Option<Cow<'a, str>> {
        let detail = unit.detail.as_deref();
        let Some(about) = unit.about else {
            return detail.map(Cow::Borrowed);
        };
        let what = match about {
            About::RollingBack => "正在回滚",
            About::RolledBack => "已回滚",
            About::RollbackFailed => "回滚失败",
            About::Status => return detail.map(|word| format!("状态 {word}").into()),
        };
        Some([what, &behind_colon(detail)].concat().into())
    }

    fn colon(&self) -> &'static str {
        "："
    }

    fn comma(&self) -> &'static str {
        "，"
    }

    fn aside(&self, text: &str) -> String {
        aside(Some(text))
    }

    fn warning(&self) -> &'static str {
        "警告"
    }

    fn error(&self) -> &'static str {
        "错误"
    }

    fn request(&self, request: &Traced) -> String {
        let what = match &request.came {
            Ok((status, bytes)) => format!("{status}，{bytes} 字节"),
            Err(cause) => self.cause(cause),
        };
        let Traced { method, url, .. } = request;
        format!("{method} {url} {what}，用时 {}", duration(request.took))
    }

    fn no_contact(&self) -> &'static str {
        "失去联系"
    }

    fn offline(
        &self,
        heading: &str,
        cause: &Cause,
        attempts: u32,
        retry: Option<Duration>,
    ) -> String {
        let retry = retry.map(|retry| format!("，{} 后重试", duration(retry)));
        let retry = retry.unwrap_or_default();
        let cause = self.cause(cause);
        format!("{heading}：{cause}（连续第 {attempts} 次轮询失败）{retry}")
    }

    fn contact_again(&self) -> &'static str {
        "已恢复联系"
    }

    fn online(&self, heading: &str, offline: Duration) -> String {
        format!("{heading}，此前中断 {}", duration(offline))
    }

    fn ended(&self, verdict: &str, target: &str, elapsed: Duration) -> String {
        format!("{verdict} {target}，历时 {}", duration(elapsed))
    }

    fn all(&self) -> &'static str {
        "全部"
    }

    fn watch_again(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Interrupted(_) => "部署仍在继续。继续跟踪请执行",
            _ => "继续跟踪请执行",
        }
    }

    fn units(&self, count: usize, kind: Option<UnitKind>) -> String {
        let (measure, noun) = noun(kind);
        format!("{count} {measure}{noun}")
    }

    fn count(&self, state: UnitState, count: usize) -> String {
        format!("{} {count}", self.state(state))
    }

    fn done(&self, done: usize, total: usize) -> String {
        format!("已完成 {done}/{total}")
    }

    fn batch(&self, batch: u32, batches: Option<u32>) -> String {
        match batches {
            Some(batches) => format!("第 {batch}/{batches} 批"),
            None => format!("第 {batch} 批"),
        }
    }

    fn more_failed(&self, more: usize) -> String {
        format!("… 另有 {more} 个失败")
    }

    fn more_unfinished(&self, more: usize) -> String {
        format!("… 另有 {more} 个未完成")
    }

    fn took(&self, age: Duration) -> String {
        format!("，用时 {}", duration(age))
    }

    fn lasts(&self, age: Duration) -> String {
        format!("，已持续 {}", duration(age))
    }

    fn as_of(&self, age: Duration) -> String {
        format!("（{} 前的状态）", duration(age))
    }

    fn page(&self) -> &'static str {
        "页面"
    }

    fn watching(&self, target: &str, endpoint: &str, interval: Duration) -> String {
        let every = humantime::format_duration(interval);
        format!("{target} 开始跟踪 {endpoint}，每 {every} 轮询一次")
    }

    fn still(&self, target: &str, phase: Option<Phase>) -> String {
        match phase {
            Some(phase) => format!("{target} 仍为{}", self.phase(phase)),
            None => format!("{target} 仍无响应"),
        }
    }

    fn unit_failed(&self, name: &str) -> String {
        format!("【失败】{name}")
    }

    fn units_failed(&self, more: usize) -> String {
        format!("【失败】另有 {more} 个")
    }

    fn once_more(&self) -> &'static str {
        "（重新执行）"
    }

    fn changed(&self, counts: &str, done: &str) -> String {
        format!("变化：{counts}；{done}")
    }

    fn left(&self, left: Duration) -> String {
        format!("约剩 {}", duration(left))
    }

    fn no_contact_for(&self, offline: Duration) -> String {
        format!("失去联系 {}", duration(offline))
    }

    fn last_good(&self, ago: Duration) -> String {
        format!("，上次有效响应在 {} 前", duration(ago))
    }

    fn no_answer_yet(&self) -> &'static str {
        "等待首次响应"
    }

    fn more_units(&self, more: usize, counts: &str) -> String {
        format!("… 另有 {more} 个：{counts}")
    }

    fn more_deployments(&self, more: usize) -> String {
        format!("… 另有 {more} 个部署")
    }

    fn failed_title(&self, name: &str) -> String {
        format!("{name} 失败")
    }

    fn because(&self) -> &'static str {
        "原因"
    }

    fn state_column(&self) -> &'static str {
        "状态"
    }

    fn units_column(&self, kind: Option<UnitKind>) -> &'static str {
        noun(kind).1
    }

    fn total(&self) -> &'static str {
        "合计"
    }

    fn failed_heading(&self) -> &'static str {
        "失败"
    }

    fn unfinished_heading(&self) -> &'static str {
        "未完成"
    }

    fn log_heading(&self, name: &str, target: &str) -> String {
        format!("日志：{name}，{target}")
    }

    fn left_out(&self) -> &'static str {
        "部分内容已省略：一个步骤的摘要上限为 1 MiB。"
    }

    fn cannot_write(&self, error: &Trouble) -> String {
        format!("无法写入输出：{}", trouble(error))
    }

    fn lines_lost(&self, what: &str, lines: usize) -> String {
        format!("{what} 的读取方过慢，丢失 {lines} 行")
    }
}
