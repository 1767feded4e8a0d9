// The page: app.tsx is its frame, wall.tsx the services, service.tsx one of them, dead-letters-view.tsx what could not be
// stored. Whatever comes from a pulse becomes text by way of JSX; the policy in ../routes.ts forbids the rest.
import "uplot/dist/uPlot.min.css";
import "./base.css";
import "./masthead.css";
import "./wall.css";
import "./empty-wall.css";
import "./service-page.css";
import "./dead-letters.css";
import "./chart.css";
import "./narrow-and-calm.css";
import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("page");
if (root === null) throw new Error("Expected #page in index.html");
render(<App />, root);
