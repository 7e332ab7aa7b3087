### Sign-in by an organization’s provider (OpenID Connect).

# Link on the page of signing in, and title of the page it leads to.
oidc-start = Continue with your organization
oidc-start-lead = Enter your e-mail address at work. If your organization signs its people in, you go on to its page.
oidc-email = E-mail
# Button.
oidc-find = Continue
oidc-unknown = No organization signs people in with this address. Sign in with your password, or ask your admin for the link of your organization
oidc-wait = Too many sign-ins were begun from your network. Wait until { $time }, then try again.
# $account: the organization.
oidc-account-title = Sign in to { $account }
oidc-account-lead = Your organization signs you in on a page of its own. Here you enter no password.
oidc-account-joins = You come in by your invitation, and need no password here.
oidc-account-confirms = Your organization’s page asks anew who you are. Then you come back, and send your form once more.
# Button. $host: of the provider.
oidc-by = Continue at { $host }
oidc-go-title = Continue at { $host }
oidc-go-lead = { $host } asks who you are, and sends you back here. You have ten minutes.
# Link.
oidc-go = Go to { $host }
oidc-links-lead = { $host } asks who you are. Whoever is signed in there as you is let in here from then on.

## What did not go on.

oidc-refused-title = You are not signed in
oidc-over = It took longer than ten minutes, was begun in another browser, or came back before. Begin once more.
oidc-declined = Your organization’s page did not sign you in. Begin once more, or ask your admin.
oidc-away = Your organization’s page does not answer, or not as it should. Try again in a few minutes; if it stays so, tell your admin.
oidc-wrong = What came back from your organization’s page was refused: it is not what this sign-in asked for. Begin once more; if it stays so, tell your admin.
oidc-not-shown = Your organization’s page signed you in, but did not say that it has asked you for it in the last ten minutes. Choose a password or a passkey on your own page, and confirm with it.
oidc-stranger = Your organization’s page says who you are, but nobody here knows you by that. Ask your admin for an invitation.
oidc-address-known = Somebody signs in here with your address already. If it is you, sign in with your password once, and link your organization’s sign-in on your own page.
oidc-paused = Nobody new comes in at the moment: the account can only be looked at. Your invitation and your sign-in stay as they are; try again later.
oidc-not-member = You may not come into this account. Ask its admin.
oidc-taken = This sign-in is linked to somebody else here.
# $code: for whoever helps. $reason: the same in words.
oidc-code = Reason for your admin: { $code }. { $reason }
# What an admin has to change, at the provider or here. $claim: the name of what the provider's token says, or nothing.
oidc-reason = { $key ->
    [over] The sign-in was over, or begun in another browser.
    [no-provider] The provider was removed meanwhile.
    [declined] The provider did not sign them in.
    [answer-issuer] The answer is of another issuer than the provider’s: look at the issuer.
    [unreachable] The provider could not be reached.
    [silent] The provider did not answer a moment ago.
    [metadata] What the provider says of itself does not fit: look at the issuer.
    [code] The provider refused the code: look at the client ID, the client secret and the address to send people back to.
    [token-form] The provider’s token is none that can be read.
    [token-algorithm] The provider’s token is signed in a way that is not taken: choose RS256, ES256 or EdDSA there.
    [token-key] The provider’s token is signed with a key that it does not publish.
    [token-signature] The signature of the provider’s token is wrong.
    [token-issuer] The provider’s token is of another issuer (claim “iss”).
    [token-audience] The provider’s token is for another client ID (claim “aud” or “azp”).
    [token-time] The provider’s token is not of now (claim “exp”, “iat” or “nbf”): look at the clock there.
    [token-nonce] The provider’s token answers another sign-in (claim “nonce”).
    [token-subject] The provider’s token has an empty or too long claim “sub”.
    [token-no-claim] The provider’s token has no claim “{ $claim }”: add it there.
    [token-claim-type] The claim “{ $claim }” of the provider’s token is of the wrong type: change that there.
    [not-shown] The provider did not say that it asked anew (claim “auth_time”).
    [stranger-no-address] The provider’s token has no claim “email”: add it there, or invite them.
    [stranger-user-name] The provider’s token has no claim “email”, but an address as “preferred_username”: add “email” there, or allow user names as addresses on the page of your sign-in.
    [stranger-address-form] The claim “email” of the provider’s token is no e-mail address.
    [stranger-no-word] The provider’s token has no claim “email_verified”: add it there, or invite them.
    [stranger-word-type] The claim “email_verified” of the provider’s token is neither true nor false, but something else, such as the text “True”: change its type there.
    [stranger-unverified] The provider says that it has not verified their address (claim “email_verified”).
    [stranger-organization] The provider says that they are not of the organization whose domain it is (claim “hd”).
    [stranger-domain] Their address is in no domain that is proven for this provider.
    [address-known] Somebody has that address here, and has not linked this sign-in.
    [paused] The account can only be looked at.
    [not-member] They are not of this account, or are disabled.
    [taken] The identity is linked to somebody else.
   *[other] The relay itself has a fault: tell its operator.
}
# Links.
oidc-again = Begin once more
oidc-password = Sign in with your password

## On one’s own page.

oidc-own-title = Sign-in by your organization
oidc-own-none = Your organization’s sign-in is not linked: you come in by your password.
oidc-own-since = since { $day }
# Buttons.
oidc-own-link = Link my sign-in at { $host }
oidc-own-unlink = Remove
    .of = { $host }
oidc-own-done = Your organization’s sign-in is linked. A mail says so, too.
oidc-own-barred = { $account } wants you signed in by its own page. Link your sign-in there once, then sign in with it; a password shows you nothing but this page.
oidc-confirm-provider = You have no password here. Set one by mail: your own page changes only with it, or with a passkey.
oidc-confirm-here = You have no password here. Sign in by your organization once more: its page asks who you are, and you send this form again within ten minutes. Whoever has set a password or a passkey here may use that.
# Link.
oidc-confirm-link = Sign in by your organization once more

## Providers of an account, for its admin.

oidc-providers = Sign-in by your organization
oidc-providers-lead = Your people sign in with the accounts that they have at your organization. Whoever is removed there comes in here no more.
oidc-providers-link = Sign-in by your organization’s own page
oidc-providers-none = There is no provider yet.
oidc-providers-answer = Register this address there, as the one to which people are sent back:
    .name = Address to send people back to
oidc-providers-people = Give this address to people whose e-mail is in none of your proven domains:
    .name = Address for your people
oidc-new = Add a provider
oidc-preset = Service
    .entra = Microsoft Entra ID
    .okta = Okta
    .google = Google Workspace
    .other = Another one (OpenID Connect)
oidc-issuer = Issuer
    .hint = The address that its documents name, such as https://hospital.okta.com. Microsoft’s has your tenant’s ID in it and ends with /v2.0
oidc-client = Client ID
oidc-secret = Client secret
    .hint = It is kept sealed, and never shown again
    .keep = Leave it empty to keep the present one
oidc-role = What people become who come for the first time, with an address in a proven domain
    .hint = Where no group of theirs says more. They see no facility until you choose some on their page
oidc-claim = Claim that names their groups
    .hint = Leave it empty for “groups”. Entra ID’s app roles are in “roles”
oidc-user-names = User names there are e-mail addresses, given by your organization
    .hint = For a provider that says “preferred_username” and no “email”: whoever comes with one in a proven domain comes in with that address. Not where people choose their user names themselves
# Buttons.
oidc-add = Add the provider
oidc-save = Save
oidc-remove = Remove the provider
    .hint = Whoever it signed in is signed out. People stay, and come in with a password or by another provider.
oidc-domains = Domains
    .none = No domain yet. People come in by invitation, or once they linked their sign-in.
    .proven = proven since { $day }
    .open = not proven: publish this TXT record at { $domain }, then press “Look for it”
    .record = TXT record of { $domain }
oidc-domain = Domain of your e-mail addresses
# Buttons.
oidc-domain-add = Add the domain
oidc-domain-prove = Look for it
    .of = the record of { $domain }
oidc-domain-remove = Remove
    .of = { $domain }
oidc-groups = Roles by group
    .lead = What people become when they come for the first time. Of several groups the highest role counts, with all facilities that groups of this role name. Later changes at the provider change nothing here: do that on their page.
oidc-group = Group
    .hint = As the provider writes it in the claim; Entra ID names groups by their object ID
oidc-group-role = Role
oidc-group-place = Facilities
    .none = no facility until you choose some
    .all = every facility
    .gone = a region that is no more
    .hint = Its name or that of a region, or “every facility”; nothing: no facility until you choose some
# $role, $place: what the group makes of somebody.
oidc-group-about = { $role }, { $place }
# Buttons.
oidc-group-add = Add the group
oidc-group-remove = Remove
    .of = { $group }: { $about }
oidc-enforced-off = People in the proven domains may sign in with their password, too.
oidc-enforced-on = People in the proven domains see this account only when this provider signed them in. The owner still comes in with password and second factor: keep their recovery codes for the day when the provider does not answer.
# Buttons.
oidc-enforce = Let nobody in with a password alone
oidc-leave = Let passwords in again

## What was wrong.

# Said once above what is wrong.
oidc-secret-again = Nothing was changed. What you entered is kept, but for the client secret: enter it once more.
oidc-changed = Somebody else changed this provider after you opened this page
    .next = Nothing was changed: this is how it is now, and what you entered stands below it, but for the client secret.
    .entered = What you entered
oidc-bad-preset = Choose the service
oidc-bad-issuer = Enter the issuer as the service’s documents name it, beginning with https://. For Microsoft that is the one of your tenant, never “common”
oidc-bad-client = Enter the client ID that the service gave you
oidc-bad-secret = Enter the client secret that the service gave you
oidc-bad-role = Choose what new people become
oidc-bad-claim = Enter the claim’s name without spaces, or leave it empty
oidc-bad-group = Enter the group as the provider writes it
oidc-bad-place = Choose a facility or region that is there
oidc-admin-place = An admin of the account sees every facility: choose that, or another role
oidc-bad-domain = Enter a domain such as hospital.example
oidc-domain-known = This account has the domain already
oidc-domain-taken = Another account has proven this domain. Ask the relay’s operator
oidc-not-proven = The record is not there yet, or is another one. It may take an hour until a new one is seen
oidc-no-names = No name server answered. Try again in a few minutes
oidc-no-domain = Prove a domain first: nobody is meant otherwise
oidc-owner-factor = The account’s owner needs a second factor first: with it they come in when the provider does not answer
oidc-too-many = There are as many as there may be
oidc-no-answer = The provider does not answer as this issuer. Look at the issuer, and whether this relay may reach it
oidc-address-answer = { $host } has no address that this relay speaks to; a network within is for the operator to allow, in its settings
