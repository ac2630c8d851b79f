/** {@code fathom predict}: finds pictures, runs the model, writes what was asked for. */
package dev.fathom.tools.predict;
