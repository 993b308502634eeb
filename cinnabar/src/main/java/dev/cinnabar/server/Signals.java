package dev.cinnabar.server;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Signals of the process. The JDK has them only in `sun.misc` (module `jdk.unsupported`, there on 17 and on
/// 25), which the compiler warns about in a way that cannot be silenced; hence by reflection. Where they are
/// missing, signals do what they do to every JVM.
final class Signals {
    private Signals() {}

    /// Calls the handler, on a thread of its own, with the name of each signal that comes.
    ///
    /// @param names without `SIG`
    /// @return those that will not come: a JVM goes on ignoring what was ignored when it was started
    static List<String> handle(Consumer<String> handler, String... names) {
        List<String> ignored = new ArrayList<>();
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handlerType}, (self, method, args) -> {
                        if (method.getName().equals("handle"))
                            handler.accept(String.valueOf(args[0]).replace("SIG", ""));
                        return null;
                    });
            Object ignores = handlerType.getField("SIG_IGN").get(null);
            for (String name : names) {
                Object one = signal.getConstructor(String.class).newInstance(name);
                Object before = signal.getMethod("handle", signal, handlerType).invoke(null, one, proxy);
                if (before == ignores) ignored.add(name);
            }
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return ignored; // a JVM without them, or one that keeps a signal for itself
        }
        return ignored;
    }
}
