package dev.fathom.engine.autograd;

/** Whether operations on this thread are recorded. On by default, as in PyTorch. */
public final class GradMode {
    private static final ThreadLocal<Boolean> DISABLED = new ThreadLocal<>();

    private GradMode() {
    }

    public static boolean isEnabled() {
        return DISABLED.get() == null;
    }

    /** Nothing is recorded until the returned scope closes: {@code try (var off = GradMode.noGrad()) {...}}. */
    public static Scope noGrad() {
        boolean outer = DISABLED.get() != null;
        DISABLED.set(Boolean.TRUE);
        return () -> {
            if (!outer) {
                DISABLED.remove();
            }
        };
    }

    /** Ends what {@link #noGrad()} began. */
    @FunctionalInterface
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }
}
