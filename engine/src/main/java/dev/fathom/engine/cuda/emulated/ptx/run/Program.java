package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.util.List;
import java.util.Map;

/**
 * A kernel, ready to run.
 *
 * @param name           of the kernel
 * @param blocks         in scheduling order; the first is the beginning
 * @param steps          every step by its id
 * @param lanes          the compiled arithmetic; null if it goes by shared loops
 * @param ints           how many ints the registers of a warp take
 * @param longs          how many longs
 * @param predicates     how many predicates
 * @param uniforms       what is filled in before a block runs
 * @param parameterBytes the size of the parameter block
 * @param sharedBytes    the shared memory that the kernel declares
 * @param dynamicOffset  where dynamic shared memory begins
 * @param sharedOffsets  the shared variables and where they begin, in order
 * @param sharedNames    the same variables themselves
 * @param localBytes     local memory of a thread
 * @param granule        the smallest access to shared memory in bytes: what races are tracked by
 * @param globalGranule  the smallest access to global memory in bytes
 * @param asyncCopies    true if the kernel copies to shared memory asynchronously
 * @param watched        predicates that are cleared before a block runs: which lanes have written a register
 */
public record Program(String name, CodeBlock[] blocks, Step[] steps, LaneCode lanes, int ints, int longs, int predicates,
                      List<Uniform> uniforms, int parameterBytes, int sharedBytes, int dynamicOffset,
                      Map<String, Long> sharedOffsets, Map<String, Variable> sharedNames, int localBytes, int granule,
                      int globalGranule, boolean asyncCopies, int[] watched) {
}
