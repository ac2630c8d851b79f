/**
 * What can go wrong, as types. {@link dev.fathom.engine.errors.FathomException} is the root of every failure that is
 * shown to a person; its subclasses say which part of the house could not go on.
 */
package dev.fathom.engine.errors;
