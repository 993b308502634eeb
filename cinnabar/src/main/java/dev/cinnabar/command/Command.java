package dev.cinnabar.command;

import java.util.function.Function;

/// One command: what it is called, what is known of it, and its body.
///
/// A family is an enum that implements this; see the chapter. Whoever embeds the server adds a command with
/// [#of].
public interface Command {
    /// The facts: syntax, flags, keys, documentation. Always the same object.
    CommandSpec spec();

    /// Runs the command. Asks and checks first, changes then, answers last.
    ///
    /// Runs under the engine's lock. Everything borrowed from the call is valid until this returns.
    ///
    /// @return the call's reply, so that a path without an answer does not compile
    /// @throws Refusal                            the user's mistake, sent as an error; nothing may have
    ///                                            changed
    /// @throws dev.cinnabar.store.WrongType        the same, for a key of another type
    /// @throws dev.cinnabar.memory.OutOfMemory     memory is short; nothing may have changed
    Reply run(Call call);

    /// A command of the host application.
    ///
    /// @param body writes one answer, unless the call waits. Where it writes none, or more, or a part of one,
    ///             or throws, its client hears of an internal error, and the log says why; what it has changed
    ///             stays
    static Command of(CommandSpec.Builder spec, Function<Call, Reply> body) {
        CommandSpec built = spec.build();
        return new Command() {
            @Override
            public CommandSpec spec() {
                return built;
            }

            @Override
            public Reply run(Call call) {
                int start = call.reply().out().length();
                Reply reply = body.apply(call);
                if (!call.isWaiting()) WholeAnswer.check(call.reply().out(), start, built.fullName());
                return reply;
            }
        };
    }
}
