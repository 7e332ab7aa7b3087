"""Reads what `cargo test --no-run --message-format=json` says it built, and prints the folder, program and name of each suite, the
longest first: `list_suites.py "NAME NAME..." SCRIPT`. SCRIPT becomes a shell script that runs the examples in comments by rustdoc with
the libraries that are there: `cargo test --doc` counts on fewer crates than the suites stand on, and builds half of all anew.
"""

import glob
import json
import os
import re
import shlex
import sys

longest, script = sys.argv[1].split(), sys.argv[2]
suites, libraries, owners, generated = [], {}, {}, {}
for line in sys.stdin:
    built = json.loads(line)
    if built.get("out_dir"):
        generated[built["package_id"]] = built["out_dir"]
    name, kind = built.get("target", {}).get("name"), built.get("target", {}).get("kind", [""])[0]
    rlibs = [file for file in built.get("filenames", []) if file.endswith(".rlib")]
    if built.get("executable") and built["profile"]["test"]:
        shown = name if kind == "test" else name + " (unit)"
        rank = longest.index(name) if name in longest else len(longest)
        suites.append((rank, os.path.dirname(built["manifest_path"]), built["executable"], shown))
    elif kind == "lib" and rlibs:
        version = [int(n) for n in re.findall(r"[0-9]+", built["package_id"].rsplit("@")[-1].rsplit("#")[-1])]
        found = (version, len(built["features"]), rlibs[0])
        if libraries.get(name, ([],)) > found:
            continue
        libraries[name] = found
        if built["package_id"].startswith("path+"):
            variables = {"CARGO_MANIFEST_DIR": os.path.dirname(built["manifest_path"]), "OUT_DIR": generated.get(built["package_id"], "")}
            owners[name] = (variables, built["target"]["src_path"], built["features"])
for rank, *suite in sorted(suites):
    print(*suite, sep="\t")
externs = [f"--extern={name.replace('-', '_')}={file}" for name, (*_, file) in sorted(libraries.items())]
with open(script, "w") as out:
    for name, (variables, root, features) in sorted(owners.items()):
        folder = variables["CARGO_MANIFEST_DIR"]
        sources = (open(file).read() for file in glob.glob(folder + "/src/**/*.rs", recursive=True))
        if any(re.search(r"^\s*//[/!] ```(compile_fail.*)?\n\s*//[/!] \S", source, re.M) for source in sources):
            dependencies = "dependency=" + os.path.dirname(libraries[name][-1])
            flags = [f'--cfg=feature="{feature}"' for feature in features]
            command = ["rustdoc", "--test", "--edition=2024", "--crate-name=" + name, root, "-L", dependencies, *flags, *externs]
            set_them = [shlex.quote(f"{key}={value}") for key, value in variables.items()]
            print("cd", shlex.quote(folder), "&& env", *set_them, shlex.join(command), "|| exit 1", file=out)
