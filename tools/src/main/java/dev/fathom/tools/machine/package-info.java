/** What this machine offers, and what is missing. */
package dev.fathom.tools.machine;
