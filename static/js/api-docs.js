// The API's description as a page. Everything comes from our own host; the address is on the element.
const root = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  url: root.dataset.schemaUrl,
  domNode: root,
  deepLinking: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (root.dataset.csrfToken) {
      request.headers["X-CSRFToken"] = root.dataset.csrfToken;
    }
    return request;
  },
});
