package dev.cinnabar.config;

import org.jspecify.annotations.Nullable;

/// One setting by name: what its values look like, what it is without any configuration, and when it may
/// change.
///
/// All directives stand in [Directives]; a [Config] holds a value for each. A directive is the typed key to
/// its value: `long limit = config.get(Directives.MAXMEMORY)`.
///
/// @param <T> the type of its values, always immutable
public final class Directive<T> {
    /// What can be special about a directive.
    enum Trait {
        /// `CONFIG SET` refuses it.
        IMMUTABLE,
        /// `CONFIG SET` needs `enable-protected-configs`.
        GUARDED,
        /// The value must not show in the slow log or in `MONITOR`.
        SECRET,
        /// `CONFIG GET` answers it to its exact name only.
        HIDDEN,
        /// It is known, kept and answered, and changes nothing here.
        KEPT,
        /// `CONFIG SET` has to answer `-LOADING` while the data is being loaded.
        NOT_WHILE_LOADING
    }

    private final String name;
    private final @Nullable String alias;
    private final int index;
    private final Kind<T> kind;
    private final T byDefault;
    private final int traits; // a bit for each

    Directive(String name, @Nullable String alias, int index, Kind<T> kind, T byDefault, Trait... traits) {
        this.name = name;
        this.alias = alias;
        this.index = index;
        this.kind = kind;
        this.byDefault = byDefault;
        int bits = 0;
        for (Trait trait : traits) bits |= 1 << trait.ordinal();
        this.traits = bits;
    }

    /// The name in lower case.
    public String name() {
        return name;
    }

    /// A second name that reads and writes the same value, such as `slave-priority` for `replica-priority`.
    public @Nullable String alias() {
        return alias;
    }

    /// The value in a configuration that says nothing. That of `dir` is the working directory of the process
    /// instead.
    public T byDefault() {
        return byDefault;
    }

    /// Whether only the start-up can set it: `CONFIG SET` refuses.
    public boolean isImmutable() {
        return has(Trait.IMMUTABLE);
    }

    /// Whether `CONFIG SET` needs `enable-protected-configs`.
    public boolean isGuarded() {
        return has(Trait.GUARDED);
    }

    /// Whether its value must not show in the slow log or in `MONITOR`.
    public boolean isSecret() {
        return has(Trait.SECRET);
    }

    /// Whether `CONFIG GET` answers it to its exact name only.
    public boolean isHidden() {
        return has(Trait.HIDDEN);
    }

    /// Whether it is known, kept and answered, and changes nothing here.
    public boolean isKeptOnly() {
        return has(Trait.KEPT);
    }

    /// Whether `CONFIG SET` has to answer `-LOADING` while the data is being loaded.
    public boolean isRefusedWhileLoading() {
        return has(Trait.NOT_WHILE_LOADING);
    }

    private boolean has(Trait trait) {
        return (traits & 1 << trait.ordinal()) != 0;
    }

    Kind<T> kind() {
        return kind;
    }

    /// Where a [Config] keeps the value.
    int index() {
        return index;
    }

    @Override
    public String toString() {
        return name;
    }
}
