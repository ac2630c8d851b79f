package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/**
 * A basic block.
 *
 * @param steps what its lanes do
 * @param end   where they go then
 * @param count how many instructions that is
 * @param first its first instruction, for reports; null if it has none
 */
public record CodeBlock(Step[] steps, End end, int count, Instruction first) {
}
