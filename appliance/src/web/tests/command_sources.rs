//! The list of commands and where they are given, compared with the table of routes and the command line.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use ::web::route::RouteKind;

use super::*;
use crate::intake::{COMMAND_SOURCES, NOT_YET, ONE_SIDED};

#[test]
fn every_command_has_a_way_in() {
    let routes = routes::all_routes();
    for sources in COMMAND_SOURCES {
        let giving = routes.iter().filter(|route| route.commands.contains(&sources.command));
        let giving: BTreeSet<&str> = giving.map(|route| route.name).collect();
        let listed: BTreeSet<&str> = sources.routes.iter().copied().collect();
        assert_eq!(listed, giving, "{}", sources.command);
    }
    for route in &routes {
        for command in route.commands {
            let is_known = COMMAND_SOURCES.iter().any(|sources| sources.command == *command);
            assert!(is_known, "{}: there is no command {command}", route.name);
        }
    }
}

#[test]
fn every_command_has_a_page_and_a_row_for_programs() {
    let routes = routes::all_routes();
    for sources in COMMAND_SOURCES {
        let gives = |kinds: &[RouteKind]| {
            routes.iter().any(|route| sources.routes.contains(&route.name) && kinds.contains(&route.kind))
        };
        let found = gives(&[RouteKind::Page, RouteKind::Form]) && gives(&[RouteKind::Api]);
        let named = ONE_SIDED.iter().any(|one| one.command == sources.command)
            || NOT_YET.iter().any(|not_yet| not_yet.name == sources.command);
        assert_ne!(found, named, "{}: both {found}, in a list of exceptions {named}", sources.command);
    }
    for one in ONE_SIDED {
        assert!(
            COMMAND_SOURCES.iter().any(|sources| sources.command == one.command) && !one.because.is_empty()
        );
    }
}

#[test]
fn what_the_command_line_gives_is_there() {
    let cli = crate::Cli::command();
    for (sources, line) in COMMAND_SOURCES.iter().filter_map(|sources| Some((sources, sources.cli?))) {
        let found = line.split(' ').try_fold(&cli, |command, word| command.find_subcommand(word));
        assert!(found.is_some(), "{}: there is no `{line}`", sources.command);
    }
}
