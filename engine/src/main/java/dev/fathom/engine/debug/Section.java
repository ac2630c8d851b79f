package dev.fathom.engine.debug;

/**
 * A name for what a thread computes until it is closed, where the names of parameters say nothing: a loss has none.
 *
 * <pre>{@code
 * try (Section loss = Section.open(Section.LOSS)) {
 *     return MaskedLoss.siLog(0.5).of(prediction, target, mask);
 * }
 * }</pre>
 *
 * Sections nest; the innermost counts.
 */
public final class Section implements AutoCloseable {
    /** From prediction and target to the number that is minimised. */
    public static final String LOSS = "loss";
    private static final ThreadLocal<Section> CURRENT = new ThreadLocal<>();

    private final String name;
    private final Section outer = CURRENT.get();

    private Section(String name) {
        this.name = name;
        CURRENT.set(this);
    }

    /** Begins a section of this thread. */
    public static Section open(String name) {
        return new Section(name);
    }

    /** The innermost open section's name; null outside of all. */
    public static String current() {
        Section section = CURRENT.get();
        return section == null ? null : section.name;
    }

    @Override
    public void close() {
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }
}
