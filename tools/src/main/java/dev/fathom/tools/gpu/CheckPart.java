package dev.fathom.tools.gpu;

import dev.fathom.engine.Device;
import java.util.List;
import java.util.function.Consumer;

/**
 * One part of {@code fathom gpu check}. Parts of Fathom itself are known to {@link GpuCheck}; others are found by
 * {@link java.util.ServiceLoader}, so that where the tests are on the class path, their suites run too.
 */
public interface CheckPart {
    /** The heading of its section. */
    String title();

    /**
     * Does its work.
     *
     * @param device the GPU
     * @param says hears words for a person who waits
     */
    Outcome run(Device device, Consumer<String> says);

    /**
     * What came of it.
     *
     * @param lines Markdown
     * @param passed checks that passed; timings count as none
     * @param failed checks that failed
     * @param skipped checks that were not made
     */
    record Outcome(List<String> lines, int passed, int failed, int skipped) {
    }
}
