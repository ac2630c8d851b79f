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
        return set(Boolean.TRUE);
    }

    /**
     * Everything is recorded until the returned scope closes, also inside {@link #noGrad()}. {@code torch.enable_grad}.
     */
    public static Scope enableGrad() {
        return set(null);
    }

    private static Scope set(Boolean disabled) {
        Boolean outer = DISABLED.get();
        put(disabled);
        return () -> put(outer);
    }

    private static void put(Boolean disabled) {
        if (disabled == null) {
            DISABLED.remove();
        } else {
            DISABLED.set(disabled);
        }
    }

    /** Ends what {@link #noGrad()} or {@link #enableGrad()} began. */
    @FunctionalInterface
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }
}
