//! The list of ways in, held against the table of routes and the command line.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::*;
use crate::intake::WAYS;

/// In both directions: a row that gives a command stands in the list, and each row of the list gives the command.
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
fn what_the_command_line_gives_is_there() {
    let cli = crate::Cli::command();
    for (ways, line) in WAYS.iter().filter_map(|ways| Some((ways, ways.cli?))) {
        let found = line.split(' ').try_fold(&cli, |command, word| command.find_subcommand(word));
        assert!(found.is_some(), "{}: there is no `{line}`", ways.command);
    }
}
