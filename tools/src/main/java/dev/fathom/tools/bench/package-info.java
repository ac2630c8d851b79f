/** How fast this machine runs the model, and what each part of it is limited by. */
package dev.fathom.tools.bench;
