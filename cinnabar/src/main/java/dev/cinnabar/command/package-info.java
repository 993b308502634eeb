/// **Command: what a client can ask for, family by family.**
///
/// The question this room answers: how does one write down a command so that nothing about it stands in two
/// places?
///
/// ```
///    SET(syntax("SET key value [NX | XX] …")    ── arity, key positions, COMMAND INFO, COMMAND DOCS, the manual
///        .flags(WRITE, DENYOOM)                 ── what the engine asks before it runs
///        .summary("…"))                         ── docs/commands/set.md
///
///    run(Call call)     ask      long address = call.db().lookup(key);
///                       act      call.db().setString(key, value, NO_EXPIRY);
///                                call.changed(key, "set");
///                       answer   return call.reply().ok();
/// ```
///
/// **Words.** A *family* is an enum, one constant per command, whose declaration is the line of the manual
/// and whose `switch` leads to the body. A *body* asks, acts and answers. The *call* lends it arguments,
/// databases and the reply. The *outbox* of the call is where it says what it changed.
///
/// **From a SET's point of view.** The engine points the one [dev.cinnabar.command.Call] at the words of the
/// client, which still lie in the buffer they were read into, and calls `run`. The body sets the value (the
/// store copies it into a block), says `changed`, writes `+OK` into the buffer that goes to the socket. No
/// object was made.
///
/// **The outbox.** Redis asks each writing command to remember three calls: count the change, wake the
/// watchers, send the notification; and some to rewrite what goes to replicas. Here there is one,
/// `changed(key, event)`, which notes it in the call's [dev.cinnabar.command.Outbox], and the engine does the
/// rest after the body has returned. Where the command itself must not be logged, because it would not do the
/// same again (an expiry time counted from now, a random choice), the body says what is to be logged instead:
/// `call.effects()`.
///
/// **Uses of a key** keep it from being evicted. They are noted where the key is looked up, by `lookupRead`
/// and `lookupWrite`, so that a command which finds nothing to change counts, too; what sets a whole value
/// notes it by itself.
///
/// **Mistakes.** A body checks everything before it changes anything. It answers an error
/// (`reply.error(SYNTAX)`) or, from a helper, throws a [dev.cinnabar.command.Refusal]; both are constants
/// without a stack trace where they are frequent. Clients match on their texts; those that several commands
/// share stand in [dev.cinnabar.command.Errors].
///
/// **Waiting.** A body that finds nothing to answer says for which keys it waits, and how long. The engine
/// keeps the words and this [dev.cinnabar.command.Waiting], and runs the command again, from the top, when
/// one of the keys has changed.
///
/// **Who owns what.** A few `Call`s per engine, each with its `Reply` and its `Outbox`, used again and again,
/// all under its lock: one for clients, one for a call that is run again after it waited, and so on. The
/// buffer that a reply is written to is the session's. What the call lends is valid until the body returns.
///
/// **What this room does not do.** It does not decide whether a command may run now, knows neither sockets
/// nor sessions nor the log. Commands that own other state live where that state is: MULTI, CONFIG and
/// BGREWRITEAOF are in `engine`.
///
/// **Start reading** with `StringCommands`, then `Call`, then `CommandSpec`.
///
/// **Sources.** Syntax, error texts and event names are facts of Redis 7.2; key specifications are Redis
/// 7.0's.
///
/// **Exercise.** `GETEX k EX 10` is logged as `PEXPIREAT k 1700000010000`. What would a replica see if it
/// were logged as it came, and was an hour late?
@NullMarked
package dev.cinnabar.command;

import org.jspecify.annotations.NullMarked;
