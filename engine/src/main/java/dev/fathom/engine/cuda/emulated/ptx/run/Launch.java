package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * What all blocks of one launch share.
 *
 * @param parameters    the packed parameter block, outside the Java heap
 * @param symbols       the addresses of the module's variables
 * @param dynamicShared bytes of dynamic shared memory
 * @param budget        how many instructions a warp's block may execute before it counts as runaway
 * @param races         looks for races between blocks, or null
 */
public record Launch(Program program, GlobalMemory memory, Dim3 grid, Dim3 block, int dynamicShared,
                     MemorySegment parameters, Map<String, Long> symbols, long budget, GlobalRaces races) {
    /** Shared memory of a block in bytes. */
    int sharedBytes() {
        return dynamicShared > 0 ? program.dynamicOffset() + dynamicShared : program.sharedBytes();
    }
}
