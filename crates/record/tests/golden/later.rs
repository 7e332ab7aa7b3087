//! The lines of the golden log with the kinds and members that came later.

use crate::log::GoldenLine;

pub(crate) fn events() -> Vec<GoldenLine> {
    [of_the_register(), of_the_day(), of_loads_and_papers()].concat()
}

fn of_the_register() -> Vec<GoldenLine> {
    vec![
        (
            "facility.changed",
            r##"{"locale":"es","languages":["en","es"],"who":{"noncritical":["none","typed","list","badge","pin"],"critical":["pin"]},"problem":"proven","queued":"incomplete","competency":"refuse","inspection":{"day":"2025-12-01","title":"Joint Commission"},"survey":"2023-02-14","shifts":["07:00","15:00","23:00"],"brand":{"name":"St. Mary","colour":"#0b5d5e","logo":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"retain_years":10,"relay_may":["health report"]}"##,
            &[],
        ),
        ("facility.changed", r#"{"inspection":{"day":""},"survey":""}"#, &[]),
        ("location.set", r#"{"name":"OR 3","within":"Surgery","order":3}"#, &[]),
        (
            "category.set",
            r#"{"name":"pump","fields":[{"key":"cost centre","label":"Cost centre","type":"text","required":true},{"key":"bay","label":"Bay","type":"choice","choices":["A","B"]}],"defaults":{"class":"noncritical","photo":"optional","protocols":["01KAFJWQ400000000000000003"],"schedule":{"every":"days","n":1,"on":[1,2,3,4,5]},"name":"Infusion pump"}}"#,
            &[],
        ),
        (
            "protocol.published",
            r#"{"protocol":"01KAFJWQ400000000000000003","version":2,"name":"Infusion pump, wipe-down","steps":[{"text":"Unplug it."}],"class":"semicritical","one_press":false,"photo":"optional","photo_one_in":10,"hang_h":72,"delay_min":60,"hld":{"strip":"each","leak":true,"temp_min_dc":200,"temp_max_dc":250,"machine":false},"from_pack":{"pack":"hospital","version":"1","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"approved":$0,"effective":"2025-11-21","ifu_rev":"C","words":{"es":{"name":"Bomba de infusión","steps":["Desenchúfela."],"ppe":"guantes"}}}"#,
            &["Ada Moreau"],
        ),
        (
            "equipment.added",
            r#"{"tag":"ABCDEFGH3","name":"Loaner","class":"noncritical","photo":"optional","loan":{"until":"2025-12-24","owner":"Medirent"},"single_use":true,"photo_one_in":20}"#,
            &[],
        ),
        (
            "equipment.changed",
            r#"{"tag":"ABCDEFGH3","loan":{"until":""},"single_use":false,"photo_one_in":0}"#,
            &[],
        ),
        (
            "schedule.set",
            r#"{"tag":"ABCDEFGH3","schedule":{"every":"times","at":["07:00"],"on":[1,3,5]},"from":1763610000000}"#,
            &[],
        ),
        (
            "equipment.suspended",
            r#"{"tag":"ABCDEFGH3","problem":{"epoch":"$E","seq":43},"load":"01KAFJWQ400000000000000011","back":"2025-12-01"}"#,
            &[],
        ),
        (
            "equipment.resumed",
            r#"{"tag":"ABCDEFGH3","text":$0,"checked":{"epoch":"$E","seq":45}}"#,
            &["New battery."],
        ),
        ("tag.assigned", r#"{"tag":"000000001","equipment":"ABCDEFGH3","why":"lost"}"#, &[]),
        ("tag.revoked", r#"{"tag":"ABCDEFGH3","why":"lost","instead":"000000001"}"#, &[]),
        (
            "staff.added",
            r#"{"staff":"01KAFJWQ400000000000000015","name":$0,"role":"technician","locale":"es","number":"4711"}"#,
            &["Tomás Núñez"],
        ),
    ]
}

fn of_the_day() -> Vec<GoldenLine> {
    vec![
        ("staff.changed", r#"{"staff":"01KAFJWQ400000000000000015","locale":"","number":"4712"}"#, &[]),
        ("alias.added", r#"{"code":"(01)04012345678901(21)SN99","equipment":"ABCDEFGH3"}"#, &[]),
        ("alias.removed", r#"{"code":"(01)04012345678901(21)SN99"}"#, &[]),
        ("equipment.merged", r#"{"from":"ABCDEFGH3","into":"7QK3M9X2W","reason":$0}"#, &["Entered twice."]),
        (
            "problem.reported",
            r#"{"tag":"7QK3M9X2W","what":"part missing","text":$0,"photos":["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"who":{"proof":"pin","staff":"01KAFJWQ400000000000000004","ago_s":12}}"#,
            &["The clamp is gone."],
        ),
        (
            "problem.closed",
            r#"{"epoch":"$E","seq":43,"tag":"7QK3M9X2W","outcome":"fixed","text":$0}"#,
            &["New clamp."],
        ),
        (
            "check.recorded",
            r#"{"epoch":"$E","seq":12,"result":"good","method":"atp","value":14,"unit":"RLU","text":$0,"photos":["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}"#,
            &["Keypad."],
        ),
        (
            "competency.granted",
            r#"{"staff":"01KAFJWQ400000000000000004","protocol":"01KAFJWQ400000000000000003","until":"2026-11-20","text":$0}"#,
            &["Watched twice."],
        ),
        (
            "competency.ended",
            r#"{"staff":"01KAFJWQ400000000000000004","protocol":"01KAFJWQ400000000000000003","reason":$0}"#,
            &["New version."],
        ),
        (
            "access.changed",
            r#"{"what":"token made","staff":"01KAFJWQ400000000000000004","name":"night import","scope":"read","until":1763700000000}"#,
            &[],
        ),
        ("protocol.retired", r#"{"protocol":"01KAFJWQ400000000000000003","reason":$0}"#, &["Replaced."]),
        (
            "lot.opened",
            r#"{"lot":"01KAFJWQ400000000000000010","of":"agent","name":"Cidex OPA","number":"L 1234","expires":"2026-05-31","opened":1763610000000,"use_days":75,"activated":1763610000000,"reuse_days":14,"location":"Decontamination"}"#,
            &[],
        ),
        ("lot.closed", r#"{"lot":"01KAFJWQ400000000000000010","why":"used up","reason":$0}"#, &["Empty."]),
    ]
}

fn of_loads_and_papers() -> Vec<GoldenLine> {
    vec![
        (
            "load.started",
            r#"{"load":"01KAFJWQ400000000000000011","code":"7QK3M9X2W","number":"2025-11-20-03","protocol":{"id":"01KAFJWQ400000000000000003","version":2},"lot":"01KAFJWQ400000000000000010","strip":{"lot":"01KAFJWQ400000000000000010","result":"pass","cp":30},"temp_dc":215,"machine":"7QK3M9X2W","cycle":"0815","location":"Decontamination","items":[{"tag":"7QK3M9X2W","leak":"pass","precleaned":1763610000000,"used":1763600000000}],"who":{"proof":"badge","staff":"01KAFJWQ400000000000000004"}}"#,
            &[],
        ),
        (
            "load.finished",
            r#"{"load":"01KAFJWQ400000000000000011","result":"pass","measured_s":724,"required_s":720,"temp_dc":214,"strip":{"lot":"01KAFJWQ400000000000000010","result":"pass"},"rinsed":true,"dried":true,"stored":"Cabinet 2","clean_until":1763870000000,"cycle_result":"pass","incomplete":["temperature"],"flags":["lot expired"],"who":{"proof":"unattributed"},"photos":["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"text":$0}"#,
            &["Slow drain."],
        ),
        (
            "load.failed",
            r#"{"load":"01KAFJWQ400000000000000011","why":"recall","reason":$0,"found":1763880000000,"who":{"proof":"login","staff":"01KAFJWQ400000000000000004"}}"#,
            &["The maker called the lot back."],
        ),
        (
            "cleaning.recorded",
            r#"{"tag":"7QK3M9X2W","protocol":{"id":"01KAFJWQ400000000000000003","version":2},"contact":{"required_s":120,"phone_s":130},"who":{"proof":"typed","name":$0,"staff":"01KAFJWQ400000000000000004","how":"list"},"incomplete":["who","strip","temperature","leak"],"trigger":"after use","class":"critical","lot":"L 1234","lot_expires":"2026-05-31","took_ms":9800,"queued":{"waited_s":340,"phone_ms":1763610012000,"unsure":true},"load":"01KAFJWQ400000000000000011","clean_until":1763870000000,"flags":["late","phone clock"]}"#,
            &["Maria Álvarez"],
        ),
        (
            "use.recorded",
            r#"{"tag":"7QK3M9X2W","performed":1763610011000,"ended":1763610012000,"ago_s":900,"class":"semicritical","sticker":true}"#,
            &[],
        ),
        (
            "label.printed",
            r#"{"job":"01KAFJWQ400000000000000016","printer":"front desk","labels":[{"tag":"7QK3M9X2W","outcome":"sent"}],"load":"01KAFJWQ400000000000000011"}"#,
            &[],
        ),
        (
            "upkeep.planned",
            r#"{"upkeep":"01KAFJWQ400000000000000012","tag":"7QK3M9X2W","name":"Electrical safety","schedule":{"every":"weeks","n":52},"from":1763610000000,"protocol":"01KAFJWQ400000000000000003"}"#,
            &[],
        ),
        (
            "upkeep.done",
            r#"{"upkeep":"01KAFJWQ400000000000000012","tag":"7QK3M9X2W","result":"done","who":{"proof":"login","staff":"01KAFJWQ400000000000000004"},"text":$0,"photos":["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"performed":1763610000000,"readings":[{"name":"leakage","value":31,"unit":"µA"}]}"#,
            &["Passed."],
        ),
        (
            "import.ended",
            r#"{"import":"01KAFJWQ400000000000000013","rows":412,"file":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","name":$0}"#,
            &["pumps.xlsx"],
        ),
        (
            "history.imported",
            r#"{"import":"01KAFJWQ400000000000000013","file":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","name":$0,"rows":9000,"from":1600000000000,"to":1700000000000,"format":"django"}"#,
            &["old.json"],
        ),
        ("history.removed", r#"{"import":"01KAFJWQ400000000000000013","reason":$0}"#, &["Wrong file."]),
        (
            "photo.erased",
            r#"{"photo":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","reason":"a face"}"#,
            &[],
        ),
        (
            "report.made",
            r#"{"report":"01KAFJWQ400000000000000014","scope":"item","tag":"7QK3M9X2W","staff":"01KAFJWQ400000000000000004","from":1763600000000,"to":1763700000000,"size":50,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
            &[],
        ),
        (
            "problem.reported",
            r#"{"tag":"7QK3M9X2W","what":"broken","text":$0,"who":{"proof":"unattributed"},"also":{"epoch":"$E","seq":43}}"#,
            &["Still."],
        ),
        (
            "equipment.suspended",
            r#"{"tag":"7QK3M9X2W","reason":$0,"back":"2025-12-02","again":true}"#,
            &["Waits for a part."],
        ),
        // A word that this version does not know is kept as it came.
        ("problem.reported", r#"{"tag":"7QK3M9X2W","what":"on fire","who":{"proof":"unattributed"}}"#, &[]),
    ]
}
