//! Acts of the access log, by the keys of their words.

/// An act of the log as the messages call it: a command, or method and route.
pub(super) fn act_key(act: &str) -> &'static str {
    match act {
        "sign in" | "POST /login" => "sign-in",
        "second step" | "POST /second-step" => "second-step",
        "confirm password" => "confirm-password",
        "passkey sign in" => "passkey-sign-in",
        "passkey" => "passkey",
        "passkey copy" => "passkey-copy",
        "passkey add" | "POST /app/me/passkeys" | "POST /app/me/passkeys/new" => "passkey-add",
        "passkey remove" => "passkey-remove",
        "sign out" | "POST /logout" => "sign-out",
        "account create" => "account-create",
        "admin create" => "admin-create",
        "admin import" => "admin-import",
        "admin set-password" => "admin-set-password",
        "admin forget-factors" => "admin-forget-factors",
        "admin sign-out" => "admin-sign-out",
        "admin disable" => "admin-disable",
        "admin enable" => "admin-enable",
        "admin mail-again" => "admin-mail-again",
        "invite" | "POST /app/people" => "invite",
        "invitation revoke" | "POST /app/people/invitations/{invited}" => "invitation-revoke",
        "join" => "join",
        "member change" | "POST /app/people/{user}/terms" => "member-change",
        "account hand-over" => "hand-over",
        "region create" | "POST /app/regions" => "region-create",
        "region change" | "POST /app/regions/{region}" => "region-change",
        "region join" => "region-join",
        "region leave" => "region-leave",
        "region delete" => "region-delete",
        "GET /app/regions" => "page",
        "password reset" => "password-reset",
        "password change" | "POST /app/me/password" => "password-change",
        "POST /app/me/sessions/{session}" => "sign-out",
        "POST /app/me/account" | "GET /app/me/factors/new" => "page",
        "second factor add" | "POST /app/me/factors" => "factor-add",
        "second factor remove" | "POST /app/me/factors/{factor}" => "factor-remove",
        "recovery codes renew" | "POST /app/me/factors/codes" => "codes-renew",
        "second factor demand" | "POST /app/second-factor" => "factor-demand",
        "second factor leave" => "factor-leave",
        "facility create" | "POST /app/facilities" | "POST /api/v1/facilities" => "facility-create",
        "facility close" | "POST /app/facilities/{facility}" => "facility-close",
        "facility change" | "PATCH /api/v1/facilities/{facility}" => "facility-change",
        "facility open" => "facility-open",
        "GET /app/facilities" => "page",
        "token create" | "POST /app/programs" => "token-create",
        "token revoke" | "POST /app/programs/{token}" => "token-revoke",
        "jobs retry" | "POST /app/platform/jobs/{job}" => "jobs-retry",
        "GET /app/platform" | "GET /app/compare" | "GET /app/gaps" | "GET /app/f/{facility}/gaps" => "page",
        "access-log export" | "POST /app/access/export" => "access-export",
        "GET /app/people" => "people",
        "GET /app/people/{user}" => "person",
        "POST /app/people/{user}" => "person-change",
        "GET /app/programs" => "programs",
        "GET /app/programs/{token}" => "program",
        "GET /app/access" => "access-log",
        "GET /app/proof/{box_id}/{epoch}/{seq}" => "proof",
        "GET /photos/{photo}" => "photo",
        "GET /app/f/{facility}"
        | "GET /app/f/{facility}/equipment"
        | "GET /app/f/{facility}/e/{tag}"
        | "GET /app/f/{facility}/labels"
        | "GET /app/f/{facility}/labels.pdf" => "facility",
        act => {
            let found = oidc_key(act).or_else(|| webhook_key(act)).or_else(|| alert_key(act));
            found.unwrap_or_else(|| fleet_key(act))
        }
    }
}

fn alert_key(act: &str) -> Option<&'static str> {
    Some(match act {
        "alert acknowledged" => "alert-acknowledge",
        "alert put off" => "alert-snooze",
        "POST /app/alerts/{alert}" | "POST /api/v1/alerts/{alert}" => "alert-change",
        "alert rule" | "POST /app/alerts/rules/{kind}" => "alert-rule",
        "alert hours" | "POST /app/alerts/rules" => "alert-hours",
        "GET /app/alerts"
        | "GET /app/alerts/{alert}"
        | "GET /app/alerts/rules"
        | "GET /app/alerts/rules/{kind}" => "page",
        "GET /app/f/{facility}/figures"
        | "GET /app/f/{facility}/report"
        | "GET /app/f/{facility}/report/file" => "facility",
        "GET /app/reports"
        | "GET /app/reports/{made}"
        | "POST /app/reports"
        | "POST /app/reports/{made}"
        | "POST /app/reports/schedules/{schedule}" => "page",
        _ => return None,
    })
}

fn fleet_key(act: &str) -> &'static str {
    match act {
        "claim-file create" | "POST /app/boxes/add" => "claim-file-create",
        "claim-file replace" | "POST /app/boxes/{box_id}/replace" => "claim-file-replace",
        "box release" => "box-release",
        "box revoke" => "box-revoke",
        "box rename" | "POST /app/boxes/{box_id}/name" => "box-rename",
        "box quarantine" => "box-quarantine",
        "box replace" => "box-replace",
        "box return" => "box-return",
        "POST /app/boxes/{box_id}" => "box-change",
        "GET /app/boxes/{box_id}" | "GET /app/boxes/{box_id}/replace" => "boxes",
        "box claim-again" => "box-claim-again",
        "box epoch admit" => "epoch-admit",
        "box epoch forget" => "epoch-forget",
        "GET /app/boxes/add" => "box-add",
        "GET /app/boxes" => "boxes",
        "GET /app/boxes/{box_id}/evidence/{evidence}" => "evidence",
        "facility place" | "POST /app/facilities/{facility}/place" => "facility-place",
        "GET /app/facilities/{facility}/place" | "GET /app/map" => "page",
        "account brand" | "POST /app/brand" => "account-brand",
        "factor rename" => "factor-rename",
        "account logo" | "POST /app/brand/logo" => "account-logo",
        "account slug" => "account-slug",
        "account locale" | "POST /app/locale" => "account-locale",
        "billing checkout" | "POST /app/billing/subscribe" => "billing-checkout",
        "billing plan" => "billing-plan",
        "billing portal" | "POST /app/billing/portal" => "billing-portal",
        "stripe event of the other mode" => "stripe-event",
        "GET /app/billing" | "GET /app/platform/revenue" => "page",
        "GET /app/brand" | "GET /app/locale" => "page",
        read => read_key(read),
    }
}

fn oidc_key(act: &str) -> Option<&'static str> {
    Some(match act {
        "oidc sign-in" => "oidc-sign-in",
        "oidc join" => "oidc-join",
        "oidc link" | "POST /app/me/identities" => "oidc-link",
        "oidc unlink" | "POST /app/me/identities/{identity}" => "oidc-unlink",
        "oidc provider add" | "POST /app/sign-in" => "oidc-provider-add",
        "oidc provider change" | "POST /app/sign-in/{provider}" => "oidc-provider-change",
        "oidc provider remove" => "oidc-provider-remove",
        "oidc domain add" => "oidc-domain-add",
        "oidc domain prove" => "oidc-domain-prove",
        "oidc domain remove" => "oidc-domain-remove",
        "oidc group add" => "oidc-group-add",
        "oidc group remove" => "oidc-group-remove",
        "oidc enforce" => "oidc-enforce",
        "oidc leave" => "oidc-leave",
        "GET /app/sign-in" => "page",
        _ => return None,
    })
}

fn webhook_key(act: &str) -> Option<&'static str> {
    Some(match act {
        "webhook add" | "POST /app/webhooks" => "webhook-add",
        "webhook rotate" | "POST /app/webhooks/{webhook}/secret" => "webhook-rotate",
        "webhook pause" => "webhook-pause",
        "webhook resume" => "webhook-resume",
        "webhook remove" => "webhook-remove",
        "webhook send" | "POST /app/webhooks/{webhook}/deliveries/{delivery}" => "webhook-send",
        "POST /app/webhooks/{webhook}" => "webhook-change",
        "GET /app/webhooks"
        | "GET /app/webhooks/{webhook}"
        | "GET /app/webhooks/{webhook}/deliveries/{delivery}" => "page",
        _ => return None,
    })
}

/// The same of what only reads, and is in the log where it was denied.
fn read_key(act: &str) -> &'static str {
    match act {
        "GET /app"
        | "GET /app/"
        | "GET /app/me"
        | "GET /app/me/locale"
        | "POST /app/me/locale"
        | "GET /app/me/mails"
        | "POST /app/me/mails"
        | "GET /live"
        | "GET /app/support"
        | "GET /app/platform/accounts/{account}"
        | "GET /app/platform/notices"
        | "GET /app/platform/records"
        | "GET /app/platform/mails"
        | "GET /app/platform/mails/{kind}"
        | "GET /app/platform/mails/{kind}/document"
        | "GET /app/mails"
        | "GET /app/mails/{kind}"
        | "GET /app/mails/{kind}/document"
        | "POST /app/mails/{kind}/document"
        | "POST /app/notices/{notice}" => "page",
        "GET /api/v1/equipment"
        | "GET /api/v1/cleanings"
        | "GET /api/v1/compliance"
        | "GET /api/v1/log"
        | "GET /api/v1/checkpoint"
        | "GET /api/v1/key"
        | "GET /api/v1/proof/{seq}"
        | "GET /api/v1/facilities"
        | "GET /api/v1/facilities/{facility}"
        | "GET /api/v1/facilities/{facility}/equipment/{tag}"
        | "GET /api/v1/facilities/{facility}/report.csv"
        | "GET /api/v1/facilities/{facility}/report.json"
        | "GET /api/v1/facilities/{facility}/report.pdf"
        | "GET /api/v1/facilities/{facility}/report.xlsx"
        | "GET /api/v1/reports/{report}"
        | "GET /api/v1/reports/{report}/file"
        | "POST /api/v1/reports"
        | "DELETE /api/v1/reports/{report}"
        | "GET /api/v1/alerts"
        | "GET /api/v1/alerts/{alert}"
        | "GET /api/v1/boxes"
        | "GET /api/v1/boxes/{box_id}"
        | "GET /api/v1/cleanings/{box_id}/{epoch}/{seq}"
        | "GET /api/equipment/"
        | "GET /api/equipment/{item}/"
        | "POST /api/equipment/{item}/generate-qr/"
        | "GET /api/cleaning-logs/"
        | "GET /api/cleaning-logs/{cleaning}/"
        | "GET /api/facilities/"
        | "GET /api/facilities/{facility}/"
        | "GET /api/facilities/{facility}/compliance/" => "api-read",
        "POST /api/cleaning-logs/" | "POST /api/register-cleaning/{scanned}/" => "api-record",
        "POST /api/equipment/"
        | "PUT /api/equipment/{item}/"
        | "PATCH /api/equipment/{item}/"
        | "DELETE /api/equipment/{item}/" => "api-equipment",
        _ => platform_key(act),
    }
}

fn platform_key(act: &str) -> &'static str {
    match act {
        "support grant" | "POST /app/support" => "support-grant",
        "support end" | "POST /app/support/{grant}" => "support-end",
        "support open" | "POST /app/platform/accounts/{account}" => "support-open",
        "support break-glass" => "support-glass",
        "support look" => "support-look",
        "support leave" | "POST /app/leave" => "support-leave",
        "switch" | "POST /app/platform/switches" => "switch",
        "records look" => "records-look",
        "mail words" | "POST /app/mails/{kind}" => "mail-words",
        "announce" | "POST /app/platform/notices" => "announce",
        "announcement end" | "POST /app/platform/notices/{announcement}" => "announce-end",
        _ => "other",
    }
}
