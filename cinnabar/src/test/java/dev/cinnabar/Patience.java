package dev.cinnabar;

import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// What a test waits for comes within milliseconds. Where it does not, the machine may be busy or its disk
/// slow; only what has not come in a minute is a failure.
public final class Patience implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(1, TimeUnit.MINUTES);
    }
}
