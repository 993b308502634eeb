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
    private final String name;
    private final int index;
    private final Kind<T> kind;
    private final T byDefault;

    // Set while Directives declares its table and never after, which is why nothing outside of this package can.
    private @Nullable String alias;
    private boolean immutable;
    private boolean guarded;
    private boolean secret;
    private boolean hidden;
    private boolean keptOnly;
    private boolean refusedWhileLoading;

    Directive(String name, int index, Kind<T> kind, T byDefault) {
        this.name = name;
        this.index = index;
        this.kind = kind;
        this.byDefault = byDefault;
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
        return immutable;
    }

    /// Whether `CONFIG SET` needs `enable-protected-configs`.
    public boolean isGuarded() {
        return guarded;
    }

    /// Whether its value must not show in the slow log or `MONITOR`.
    public boolean isSecret() {
        return secret;
    }

    /// Whether `CONFIG GET` answers it to its exact name only.
    public boolean isHidden() {
        return hidden;
    }

    /// Whether it is known, kept and answered, and changes nothing here.
    public boolean isKeptOnly() {
        return keptOnly;
    }

    /// Whether `CONFIG SET` has to answer `-LOADING` while the data is being loaded.
    public boolean isRefusedWhileLoading() {
        return refusedWhileLoading;
    }

    Kind<T> kind() {
        return kind;
    }

    /// Where a [Config] keeps the value.
    int index() {
        return index;
    }

    // ---- declaring, see Directives ----

    Directive<T> alias(String other) {
        alias = other;
        return this;
    }

    Directive<T> immutable() {
        immutable = true;
        return this;
    }

    Directive<T> guarded() {
        guarded = true;
        return this;
    }

    Directive<T> secret() {
        secret = true;
        return this;
    }

    Directive<T> hidden() {
        hidden = true;
        return this;
    }

    Directive<T> keptOnly() {
        keptOnly = true;
        return this;
    }

    Directive<T> refusedWhileLoading() {
        refusedWhileLoading = true;
        return this;
    }

    @Override
    public String toString() {
        return name;
    }
}
