//! The list of commands and where they are given, held against the table of routes and the command line.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use ::web::route::RouteKind;

use super::*;
use crate::intake::{NOT_YET, ONE_SIDED, WAYS};

/// In both directions: a row that gives a command is listed, and each listed row gives its command.
#[test]
fn every_command_has_a_way_in() {
    let routes = routes::all_routes();
    for ways in WAYS {
        let giving = routes.iter().filter(|route| route.commands.contains(&ways.command));
        let giving: BTreeSet<&str> = giving.map(|route| route.name).collect();
        let listed: BTreeSet<&str> = ways.routes.iter().copied().collect();
        assert_eq!(listed, giving, "{}", ways.command);
    }
    for route in &routes {
        for command in route.commands {
            let is_known = WAYS.iter().any(|ways| ways.command == *command);
            assert!(is_known, "{}: there is no command {command}", route.name);
        }
    }
}

#[test]
fn every_command_has_a_page_and_a_row_for_programs() {
    let routes = routes::all_routes();
    for ways in WAYS {
        let gives = |kinds: &[RouteKind]| {
            routes.iter().any(|route| ways.routes.contains(&route.name) && kinds.contains(&route.kind))
        };
        let found = gives(&[RouteKind::Page, RouteKind::Form]) && gives(&[RouteKind::Api]);
        let named = ONE_SIDED.iter().any(|one| one.command == ways.command)
            || NOT_YET.iter().any(|not_yet| not_yet.name == ways.command);
        assert_ne!(found, named, "{}: both {found}, in a list of exceptions {named}", ways.command);
    }
    for one in ONE_SIDED {
        assert!(WAYS.iter().any(|ways| ways.command == one.command) && !one.because.is_empty());
    }
}

#[test]
fn what_the_command_line_gives_is_there() {
    let cli = crate::Cli::command();
    for (ways, line) in WAYS.iter().filter_map(|ways| Some((ways, ways.cli?))) {
        let found = line.split(' ').try_fold(&cli, |command, word| command.find_subcommand(word));
        assert!(found.is_some(), "{}: there is no `{line}`", ways.command);
    }
}
