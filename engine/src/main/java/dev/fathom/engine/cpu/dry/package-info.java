/** The cpu's memory without its work: what a pass would take, before it runs. */
package dev.fathom.engine.cpu.dry;
