/// **Config: what one server is told to be, and how it is told otherwise.**
///
/// The question this room answers: there are some 200 settings with names, units and defaults that people
/// have known for fifteen years; they come from a file, from standard input, from the command line, from a
/// Java program and from `CONFIG SET`, and go back into the file with `CONFIG REWRITE`. How can all of that
/// stand in one place, so that no other room parses `64mb` again?
///
/// ```
///    redis.conf ─┐
///    stdin (-)  ─┼─► ConfigFile ──┐                        ┌──► get(PORT)        read once, by whoever builds something
///    --options  ─┘    words,      │                        │
///                     include     ├──► Config ─────────────┼──► onChange(HZ, …)  told when it changes
///    builder.set("hz", "20") ─────┤    a value for         │
///                                 │    each Directive      ├──► matching("max*") CONFIG GET
///    CONFIG SET hz 20 ────────────┘                        │
///                                                          └──► ConfigRewrite ──► redis.conf
///                  Directives: the table of all, one line each
///                  Kind: text ↔ value, and what is refused
/// ```
///
/// **Words.** A *directive* is a setting by name; some have an *alias*, an older name for the same value. Its
/// *kind* says how text becomes a value: a flag, a number with a unit, a word out of a list, a list. *Kept
/// only* is a directive that means nothing in a JVM, or nothing yet: it is accepted, kept and answered, since
/// a configuration file that works with Redis has to work here. *Immutable* ones are set by the start-up
/// alone; *guarded* ones need `enable-protected-configs` before `CONFIG SET` touches them; *hidden* ones do
/// not show in `CONFIG GET *`.
///
/// **How it works, from the point of view of `maxmemory 64mb`.** The line is split into words
/// ([dev.cinnabar.config.ConfigLine]), the first finds a directive in the table
/// ([dev.cinnabar.config.Directives]), the rest goes to its kind, which knows that `mb` is 1,048,576 and that
/// the result must not be negative. The value, a `Long`, goes into the array of the
/// [dev.cinnabar.config.Config] at the index of the directive. `config.get(MAXMEMORY)` is an array access
/// with a type, and boxed values are shared, so reading allocates nothing. What runs a million times a second
/// does not even read: it keeps a plain field, and a listener writes to that.
///
/// **A set is a transaction.** `CONFIG SET maxmemory 1gb port 7000` checks both names and both values before
/// it changes any. Then all values change at once: the array is copied, changed and exchanged, so a reader
/// sees the state before or after, never between. Then the listeners are told. Only now can the world object
/// (the port is taken), and then the old array comes back, and who had been told is told the old value. The
/// words of every refusal are Redis's, because scripts match them.
///
/// **Files add up, sets replace.** Two lines `save 900 1` and `save 60 1000` make two rules, but `CONFIG SET
/// save "60 1000"` leaves one. `client-output-buffer-limit` changes the classes that it names and leaves the
/// others, in both. All else: the last one counts.
///
/// **The working directory is a directive.** Redis changes into `dir`; a JVM cannot, and must not, with
/// several servers in it. So `dir` is kept as an absolute path, and every relative path in a configuration
/// starts there: that of the log file, and that of an `include` that follows the `dir` line, as if the
/// process had moved.
///
/// **Rewriting is editing.** People write comments into their files. So `CONFIG REWRITE` reads the file
/// again, replaces lines in their place, and adds at the end only what is missing
/// ([dev.cinnabar.config.ConfigRewrite]). The new text is written beside the file, made durable, and moved
/// over it: a crash leaves the old file or the new one, never half of one.
///
/// **Text is UTF-8.** Redis's values are bytes. Here they are Java strings, since nearly all are numbers,
/// words and paths. Bytes that are no UTF-8 are refused, but in comments, rather than kept as something else:
/// a password that differs from the one in the file by a replacement character would be a bad surprise.
///
/// **Where we differ from Redis 7.0.** Numbers that Redis cuts to 32 bits without a word (`save 1
/// 4294967297`) are refused. `maxmemory` ends at 2^63-1 bytes. Backslashes are refused in file names as
/// slashes are. A file that includes itself is an error with a line number, not a crash. An error in a file
/// names the file. `save` lines add up also after an `include`, where Redis 7.0 keeps the last one only.
///
/// **Who owns the memory, and which thread.** Nothing here lives in pages, and nothing is static but the
/// table, which does not change. A configuration belongs to one server. It may be read by any thread; changes
/// come one at a time, from the thread that runs the `CONFIG SET`, and its listeners run there too.
///
/// **Starting fast.** A server reads its configuration before it does anything else, so the table is built
/// without lambdas, streams or regular expressions: about 3 ms with the class-data archive that the launcher
/// keeps, 10 without (JDK 25, measured on one shared core, November 2026).
///
/// **What this room does not do.** It knows no command, no client and no port: `engine` answers CONFIG with
/// its methods, and whoever owns a socket, a log or a timer listens. It does not check whether a command
/// named in `rename-command` makes sense; it hands those lines on, with the place where they stand, to the
/// room that can. Lines that ask for protection which is not there (`user`, `aclfile`, `tls-port`) are
/// refused here: `docs/decisions/0078-protection-that-is-not-there-is-refused.md`.
///
/// **Start reading** with `Directives`, the page that the others serve; then `Config.set`, then
/// `ConfigRewrite`.
///
/// **Sources.** The directives as a running redis-server 7.0.15 lists and takes them (`ConfigTwinTest` asks
/// one some ten thousand questions and wants the same answers), the comments of its redis.conf, and for what
/// came later the manual at redis.io.
///
/// **Exercise.** `CONFIG SET hz 20 port 7000` changes two directives that two different rooms listen to,
/// `engine` and `server`. The port is taken, so the second listener refuses. Which calls has the first one
/// seen, and what would go wrong if listeners were told one by one while the values are checked, as Redis did
/// before 7.0?
@NullMarked
package dev.cinnabar.config;

import org.jspecify.annotations.NullMarked;
