/**
 * What can go wrong in the engine, one class per broken rule. All are {@link
 * dev.fathom.engine.errors.FathomException}s.
 */
package dev.fathom.engine.errors;
