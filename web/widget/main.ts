const app = document.querySelector('#app')
const heading = document.createElement('h1')
heading.textContent = document.title
app?.append(heading)

export {}
