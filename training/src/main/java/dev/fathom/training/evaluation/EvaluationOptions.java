package dev.fathom.training.evaluation;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.metrics.MapMeasure;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How an evaluation is done: the protocol says what its numbers mean, the rest changes none of them.
 *
 * @param protocol what is compared, and how
 * @param families measures of whole maps that are wanted besides those of pixels
 * @param batch how many pictures of one network size are predicted together; changes speed and memory, never results
 * @param threads loader threads; changes speed, never results
 * @param skipBad what happens to frames that cannot be read
 */
public record EvaluationOptions(Protocol protocol, List<MapMeasure.Family> families, int batch, int threads,
        SkipBad skipBad) {
    /** Without measures of whole maps. */
    public EvaluationOptions(Protocol protocol, int batch, int threads, SkipBad skipBad) {
        this(protocol, List.of(), batch, threads, skipBad);
    }

    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public EvaluationOptions {
        families = List.copyOf(families);
        if (!families.isEmpty() && protocol.space() != Space.DEPTH) {
            throw new FathomException("--measures " + families.stream().map(Object::toString)
                    .collect(Collectors.joining(",")) + " are defined on depth; leave them out, or use --space depth.");
        }
        if (batch < 1) {
            throw new FathomException("--batch is " + batch + ", but must be at least 1.");
        }
        if (threads < 1) {
            throw new FathomException("--workers is " + threads + ", but must be at least 1.");
        }
    }
}
