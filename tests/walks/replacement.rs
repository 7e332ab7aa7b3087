//! The box of the new customer is broken: another machine takes its place, and the labels that are printed open there.

use std::path::PathBuf;

use harness::world::{TheBox, until};

use super::acts::type_into;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::customer::{ADMIN, Customer, ITEM, PIN, find_file, heading_is};
use super::end;
use super::pictures::keep_page;

impl Customer {
    /// From *Replace this box* to a record at a label of the box that is gone; the new machine is killed on the way.
    pub(crate) async fn replace_box(&mut self, desk: &Browser, label: &str) {
        let lost =
            self.r#box.health().await.expect("the box answers")["box"].as_str().expect("its id").to_owned();
        let fresh = self.r#box.twin(&self.r#box.data().with_extension("fresh"));
        std::mem::replace(&mut self.r#box, fresh).kill().await;
        self.r#box.start().await;
        let claim = self.make_replacing_claim(desk, &lost).await;
        let near = Browser::open(Kind::Phone, true).await;
        // Nobody has told this machine whose place it takes.
        near.goto(&self.r#box.http(label)).await;
        near.shows("No equipment has this tag yet").await;
        keep_page(&near, "replacement-03-label-unknown").await;
        near.goto(&self.r#box.https("/setup")).await;
        heading_is(&near, "Set up this box").await;
        let code = self.r#box.order(&["setup-code"]).await;
        self.fill_set_up_in(&near, &code, &claim).await;
        near.press(".go").await;
        heading_is(&near, "The box is being set up").await;
        let takes = until("it takes the place", async || is_box(&self.r#box, &lost).await);
        assert!(takes.await.is_some(), "{}", self.r#box.log());
        self.r#box.kill().await;
        self.r#box.start().await;
        let opens = until("the old label opens", async || self.r#box.opens(label).await);
        assert!(opens.await.is_some(), "{}", self.r#box.log());
        near.goto(&self.r#box.http(label)).await;
        heading_is(&near, ITEM).await;
        near.shows("Aisha Bello").await;
        keep_page(&near, "replacement-04-old-label").await;
        near.press("#step-1").await;
        type_into(&near, "#who", "Aisha Bello").await;
        near.press(".bar .go").await;
        heading_is(&near, "Recorded").await;
        near.until("document.querySelectorAll('#where li.done').length === 3", TIME_LIMIT).await;
        keep_page(&near, "replacement-05-receipt").await;
        // Whoever set the machine up signs in there with their PIN.
        near.goto(&self.r#box.https("/staff/")).await;
        near.goto(&near.link(".list", ADMIN).await).await;
        type_into(&near, "#pin", PIN).await;
        near.press(".go").await;
        near.until("location.pathname === '/staff/'", TIME_LIMIT).await;
        keep_page(&near, "replacement-06-staff").await;
        end([near]).await;
        desk.goto(&self.relay.https(&format!("/app/boxes/{lost}"))).await;
        keep_page(desk, "replacement-07-box").await;
    }

    async fn make_replacing_claim(&self, desk: &Browser, lost: &str) -> PathBuf {
        let earlier = find_file(&self.downloads).expect("the claim file of the first box");
        std::fs::remove_file(earlier).expect("it is used up");
        desk.goto(&self.relay.https(&format!("/app/boxes/{lost}"))).await;
        keep_page(desk, "replacement-01-lost-box").await;
        desk.press("a[href$='/replace']").await;
        heading_is(desk, "Replace a box").await;
        keep_page(desk, "replacement-02-claim").await;
        desk.press("form[action$='/replace'] .go").await;
        let claim = until("the claim file", async || find_file(&self.downloads)).await;
        claim.expect("the claim file is downloaded")
    }
}

async fn is_box(r#box: &TheBox, id: &str) -> Option<()> {
    (r#box.health().await?["box"] == id).then_some(())
}
