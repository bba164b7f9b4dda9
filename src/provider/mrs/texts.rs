//! Messages about commands and about signing in to a Manager.

use crate::message::Message;
use crate::model::Unit;

/// The command is complete, with this error.
pub(super) fn completed_with_error(error: &Message) -> Message {
    Message::new("completed with an error", "已完成，但返回了错误").with_detail(error)
}

/// Something failed in a command that is complete.
pub(super) fn entity_failed(entity: &Unit) -> Message {
    let name = &entity.name;
    Message::new(format!("{name} failed"), format!("{name} 失败"))
        .with_aside(entity.detail.as_ref())
}

/// The Manager's own words about a wrong password.
pub(super) fn wrong_password(words: &str) -> Message {
    Message::new("wrong user or password", "用户名或密码错误")
        .with_detail(&Message::verbatim(words))
}

/// The hint for a Manager that redirects to `modify_password.html`.
pub(super) fn password_change() -> Message {
    Message::new(
        "the Manager wants the password changed first: sign in to it in a browser, then pass the new one",
        "Manager 要求先修改密码：请在浏览器中登录并修改，然后使用新密码",
    )
}

/// Another command has not ended its sign-in.
pub(super) fn sign_in_pending() -> Message {
    Message::new(
        "no response yet to the sign-in that all commands share",
        "各命令共用的登录尚未得到响应",
    )
}

/// A page under a good status in place of JSON, and its title.
pub(super) fn sign_in_page(title: Option<&Message>) -> Message {
    Message::new(
        "HTML page instead of JSON under HTTP 200, probably the Manager's sign-in page",
        "HTTP 200 返回的是 HTML 页面，不是 JSON，应是 Manager 的登录页",
    )
    .with_detail(title)
}

/// The sign-in leads to a place outside the Manager.
pub(super) fn off_host_redirect(place: &str) -> Message {
    Message::new(
        format!("the sign-in redirects to {place}, outside the Manager, which is not followed"),
        format!("登录时重定向到 Manager 之外的 {place}，未跟随"),
    )
}

pub(super) fn redirect_loop() -> Message {
    Message::new("the sign-in redirects in a loop", "登录时陷入循环重定向")
}

pub(super) fn no_session() -> Message {
    Message::new(
        "the sign-in ended without a session",
        "登录完成，但没有获得会话",
    )
}

/// The page of the CAS server has no field for the ticket.
pub(super) fn no_login_ticket() -> Message {
    Message::new(
        "the page of the CAS server has no field lt (a newer Manager needs --auth basic)",
        "CAS 服务器的页面没有 lt 字段（新版 Manager 请用 --auth basic）",
    )
}

/// The password was sent as often as it may be, and no response said whether it is right.
pub(super) fn attempts_exhausted() -> Message {
    Message::new(
        "the password was sent four times without a response that says whether it is right; it is \
         not sent again, because a fifth wrong one would lock the account",
        "密码已发送四次，没有响应说明它是否正确；不再发送，因为再错一次就会锁定账号",
    )
}

/// A password was turned down, by CAS or as HTTP Basic.
pub(super) fn password_hint(by_cas: bool) -> Message {
    let other = if by_cas {
        Message::new(
            "a newer Manager needs --auth basic",
            "新版 Manager 请用 --auth basic",
        )
    } else {
        Message::new(
            "an older Manager with Kerberos needs --auth cas",
            "带 Kerberos 的旧版 Manager 请用 --auth cas",
        )
    };
    Message::new(
        "check the user and the password; they are not sent again, because five wrong ones lock the account",
        "请检查用户名和密码；不再发送，因为错误五次就会锁定账号",
    )
    .with_aside(Some(&other))
}

pub(super) fn permission_hint() -> Message {
    Message::new(
        "the user may not view the command, or the account is locked",
        "该用户没有查看此命令的权限，或账号已被锁定",
    )
}

pub(super) fn endpoint_hint() -> Message {
    Message::new(
        "check the command's id and the endpoint: the endpoint is the cluster's Manager, usually \
         https://<floating IP>:28443, without a path",
        "请检查命令的 ID 和端点：应为集群的 Manager，一般是 https://<浮动 IP>:28443，后面不带路径",
    )
}

pub(super) fn cas_hint() -> Message {
    Message::new(
        "that is the CAS server, port 20009; a newer Manager needs --auth basic",
        "这是 CAS 服务器，端口 20009；新版 Manager 请用 --auth basic",
    )
}

pub(super) fn user_hint() -> Message {
    Message::new(
        "this Manager requires a sign-in: pass --user NAME, without --auth none",
        "此 Manager 需要登录：请加上 --user NAME，去掉 --auth none",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn all_is_said_in_chinese() {
        for message in [
            completed_with_error(&Message::verbatim("12: x")),
            wrong_password("no"),
            password_change(),
            sign_in_pending(),
            sign_in_page(Some(&Message::verbatim("Manager"))),
            sign_in_page(None),
            off_host_redirect("https://other.example/login"),
            redirect_loop(),
            no_session(),
            no_login_ticket(),
            attempts_exhausted(),
            password_hint(true),
            password_hint(false),
            permission_hint(),
            endpoint_hint(),
            cas_hint(),
            user_hint(),
        ] {
            assert_chinese(&message);
        }
    }
}
