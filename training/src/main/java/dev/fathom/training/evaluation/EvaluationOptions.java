package dev.fathom.training.evaluation;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.evaluation.protocol.Protocol;

/**
 * How an evaluation is done: the protocol says what its numbers mean, the rest changes none of them.
 *
 * @param protocol what is compared, and how
 * @param batch how many pictures of one network size are predicted together; changes speed and memory, never results
 * @param threads loader threads; changes speed, never results
 * @param skipBad what happens to frames that cannot be read
 */
public record EvaluationOptions(Protocol protocol, int batch, int threads, SkipBad skipBad) {
    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public EvaluationOptions {
        if (batch < 1) {
            throw new FathomException("--batch is " + batch + ", but must be at least 1.");
        }
        if (threads < 1) {
            throw new FathomException("--workers is " + threads + ", but must be at least 1.");
        }
    }
}
